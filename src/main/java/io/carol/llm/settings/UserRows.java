package io.carol.llm.settings;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;

import io.carol.llm.database.CombinedReads;
import io.carol.llm.database.Database;
import io.carol.llm.database.Rows;
import io.carol.llm.database.SqlStatements;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
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
    return database.combinedReads(
        id ->
            query(database, statement, Map.of("user_id", id), rows -> rows.findFirst().map(mapped)),
        ids ->
            query(
                database,
                statement + "-many",
                Map.of("user_ids", array(ids)),
                rows ->
                    Optional.of(rows.collect(toMap(row -> Rows.text(row, "user_id"), mapped)))));
  }

  /** Empty when an id is not of the type of the column. */
  private static <R> Optional<R> query(
      Database database,
      String statement,
      Map<String, String> ids,
      Function<Stream<DbRow>, Optional<R>> reader) {
    try {
      return database.run(db -> SqlStatements.query(db, statement, ids, reader));
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
