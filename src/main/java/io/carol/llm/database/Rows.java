package io.carol.llm.database;

import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbStatementQuery;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Rows of a query, and what their columns hold. */
public final class Rows {
  private Rows() {}

  /** All rows, in their order. */
  public static List<DbRow> all(DbStatementQuery query) {
    try (Stream<DbRow> rows = query.execute()) {
      return rows.toList();
    }
  }

  /** The row of a query that has one at most. */
  public static Optional<DbRow> first(DbStatementQuery query) {
    return all(query).stream().findFirst();
  }

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
