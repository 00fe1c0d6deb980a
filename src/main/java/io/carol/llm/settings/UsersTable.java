package io.carol.llm.settings;

import io.carol.llm.database.Database;
import io.carol.llm.database.RepeatedWarnings;
import io.carol.llm.database.Rows;
import io.carol.llm.database.SqlErrors;
import io.carol.llm.database.SqlStatements;
import io.carol.llm.settings.WriteRefusedException.Reason;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/**
 * The users table, which belongs to Carol and has rules of its own: types, constraints, triggers,
 * policies and privileges. A user whom these rule out is unknown; the log says why. Thread-safe.
 */
final class UsersTable {
  /**
   * invalid_text_representation, numeric_value_out_of_range, string_data_right_truncation and
   * character_not_in_repertoire (PostgreSQL documentation, appendix A). The user id is the only
   * parameter that is converted to another type.
   */
  private static final Set<String> NO_ID = Set.of("22P02", "22003", "22001", "22021");

  private final Database database;
  private final boolean provision;
  private final RepeatedWarnings warnings =
      new RepeatedWarnings(LoggerFactory.getLogger(UsersTable.class));

  UsersTable(Database database, boolean provision) {
    this.database = database;
    this.provision = provision;
  }

  /** Whether a statement failed because its user id is not of the type of users.id. */
  static boolean isNoId(DbClientException e) {
    return NO_ID.contains(SqlErrors.state(e));
  }

  /**
   * Whether the answer of {@code save} is that the user is unknown, and the user may be created.
   *
   * @throws WriteRefusedException when the role may not create users
   */
  boolean mayCreate(DbRow answer) {
    if (!provision || !Rows.text(answer, "verdict").equals("unknown_user")) {
      return false;
    }
    if (!Rows.flag(answer, "insert_allowed")) {
      throw unknown("the role lacks INSERT on users");
    }
    return true;
  }

  /**
   * Asks for the user alone, after a statement failed that asks for more.
   *
   * @throws WriteRefusedException when that fails as well, because of a policy for instance
   */
  void requireReadable(String userId) {
    try {
      database.run(db -> SqlStatements.first(db, "find-user", Map.of("user_id", userId)));
    } catch (DbClientException e) {
      throw unknown(e, userId);
    }
  }

  /**
   * Logs why the users table refused the user. The user id is replaced by …, because the message of
   * a trigger may hold it.
   */
  WriteRefusedException unknown(RuntimeException refusal, String userId) {
    String id = "(?<!\\w)" + Pattern.quote(userId) + "(?!\\w)";
    return unknown(SqlErrors.message(refusal).replaceAll(id, "…"));
  }

  WriteRefusedException unknown(String reason) {
    warnings.warn("A user was answered unknown_user: " + reason);
    return new WriteRefusedException(Reason.UNKNOWN_USER);
  }
}
