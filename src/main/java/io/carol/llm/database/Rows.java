package io.carol.llm.database;

import io.helidon.dbclient.DbRow;
import org.jspecify.annotations.Nullable;

/** What the columns of a row hold. */
public final class Rows {
  private Rows() {}

  public static String text(DbRow row, String column) {
    return row.column(column).get(String.class);
  }

  @SuppressWarnings("NullAway") // Helidon's API is not annotated; SQL NULL comes as null.
  public static @Nullable String nullableText(DbRow row, String column) {
    return row.column(column).get(String.class);
  }

  public static boolean flag(DbRow row, String column) {
    return row.column(column).get(Boolean.class);
  }

  public static long number(DbRow row, String column) {
    return row.column(column).get(Long.class);
  }
}
