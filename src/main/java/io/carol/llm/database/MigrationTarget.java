package io.carol.llm.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the migrations find in a database.
 *
 * @param schema where our history is, or where new tables come; null when no schema of the search
 *     path can be used
 * @param mayCreate whether the role may make tables there
 * @param users the table {@code users} on the search path, with its schema; null when there is none
 * @param usersKind its {@code pg_class.relkind}
 * @param idType type of its column {@code id}; null when there is no such column
 * @param mayReference whether the role may make a foreign key to it
 */
record MigrationTarget(
    String encoding,
    @Nullable String schema,
    boolean mayCreate,
    boolean historyExists,
    boolean credentialsExist,
    boolean keysExist,
    @Nullable String users,
    @Nullable String usersKind,
    @Nullable String idType,
    boolean idIsUnique,
    boolean mayReference) {
  private static final Pattern ID_TYPES =
      Pattern.compile("text|character varying(\\([0-9]+\\))?|uuid|integer|bigint");

  static final String CREATE_NEEDED =
      ". Give the role CREATE on the schema, or run the command migrate as the role that has it and"
          + " owns the tables";
  private static final String NEEDED =
      ". Needed is a table users with a column id of type text, varchar, uuid, integer or bigint"
          + " that is the primary key or has a unique constraint of its own";

  static MigrationTarget find(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery(SqlStatements.text("migration-target"))) {
      row.next();
      return new MigrationTarget(
          row.getString("encoding"),
          row.getString("schema"),
          row.getBoolean("create_allowed"),
          row.getBoolean("history_exists"),
          row.getBoolean("credentials_exist"),
          row.getBoolean("keys_exist"),
          row.getString("users"),
          row.getString("relkind"),
          row.getString("id_type"),
          row.getBoolean("id_is_unique"),
          row.getBoolean("references_allowed"));
    }
  }

  /**
   * The version that the database is at without a history of ours. Before there was one, our
   * migrations were written into Flyway's default history, which other programs may share.
   */
  String baseline() {
    if (credentialsExist) {
      return keysExist ? "025" : "024";
    }
    // The migrations before V024 belong to Carol, whose database has the users table by them.
    return users == null ? "000" : "023";
  }

  /**
   * Why the tables cannot be created here, naming what was found and what is needed; null when they
   * can.
   */
  @Nullable String obstacle() {
    if (!encoding.equals("UTF8")) {
      return "the database is encoded in " + encoding + ". Needed is a database encoded in UTF8";
    }
    if (schema == null) {
      return "the role may use no schema of its search path. Needed is one it can create tables in";
    }
    // With a history there may be nothing left to make. Without one, Flyway would try for 10 s.
    if (!historyExists && !mayCreate) {
      return "the role may not make tables in schema " + schema + CREATE_NEEDED;
    }
    if (users == null || credentialsExist) {
      return null;
    }
    if (!"r".equals(usersKind) && !"p".equals(usersKind)) {
      return users + " is " + kind() + NEEDED;
    }
    if (idType == null) {
      return users + " has no column id" + NEEDED;
    }
    if (!ID_TYPES.matcher(idType).matches()) {
      return users + ".id is of type " + idType + NEEDED;
    }
    if (!idIsUnique) {
      return users + ".id is neither the primary key nor unique" + NEEDED;
    }
    if (!mayReference) {
      return "the role may not refer to " + users + ". Needed is GRANT REFERENCES (id) ON " + users;
    }
    return null;
  }

  private String kind() {
    return switch (String.valueOf(usersKind)) {
      case "v" -> "a view";
      case "m" -> "a materialized view";
      case "f" -> "a foreign table";
      default -> "not a table";
    };
  }
}
