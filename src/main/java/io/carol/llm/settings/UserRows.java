package io.carol.llm.settings;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;

import io.carol.llm.database.CombinedReads;
import io.carol.llm.database.Database;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbStatementQuery;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reads of the one row that a user has. */
final class UserRows {
  private UserRows() {}

  /**
   * @param statement the name of the statement that reads the row of one user; with {@code -many}
   *     behind it, of the one that reads those of several users, and says in {@code user_id} whose
   *     row it is
   */
  static <T> CombinedReads<T> reads(
      Database database, String statement, Function<DbRow, T> mapped) {
    return new CombinedReads<>(
        id -> one(database, statement, id).map(mapped),
        ids -> many(database, statement + "-many", ids, mapped),
        database::maxWaitMillis,
        database::busy);
  }

  private static Optional<DbRow> one(Database database, String statement, String id) {
    try {
      return database.run(db -> {
        DbStatementQuery query = db.execute().createNamedQuery(statement);
        try (Stream<DbRow> rows = query.addParam(id).addParam(id).execute()) {
          return rows.findFirst();
        }
      });
    } catch (DbClientException e) {
      if (UsersTable.isNoId(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static <T> Optional<Map<String, T>> many(
      Database database, String statement, List<String> ids, Function<DbRow, T> mapped) {
    try {
      return database.run(db -> {
        DbStatementQuery query = db.execute().createNamedQuery(statement);
        try (Stream<DbRow> rows = query.addParam(array(ids)).execute()) {
          return Optional.of(
              rows.collect(toMap(row -> row.column("user_id").get(String.class), mapped)));
        }
      });
    } catch (DbClientException e) {
      if (UsersTable.isNoId(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** As PostgreSQL reads an array of any type (its documentation, section 8.15.6). */
  private static String array(List<String> ids) {
    return ids.stream()
        .map(id -> '"' + id.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
        .collect(joining(",", "{", "}"));
  }
}
