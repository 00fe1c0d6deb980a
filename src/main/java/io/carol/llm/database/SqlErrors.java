package io.carol.llm.database;

import io.carol.llm.database.DatabaseUnavailableException.Reason;
import io.helidon.dbclient.DbClientException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What an SQLException says, by its SQLSTATE (PostgreSQL documentation, appendix A). */
public final class SqlErrors {
  /**
   * A connection that could not be made or broke, refused credentials, a server that is full,
   * stopping or a standby, and a database that does not exist.
   */
  private static final Pattern UNREACHABLE = Pattern.compile("(08|28|53|57P|58).*|25006|3D000");

  /** Deadlocks and other lost races, a lock or a statement that took too long. */
  private static final Pattern BUSY = Pattern.compile("40...|55P03|57014|25P03");

  /** A missing schema, table or column. */
  private static final Pattern NOT_MIGRATED = Pattern.compile("3F000|42P01|42703");

  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  private SqlErrors() {}

  /** The SQLSTATE of a failed statement; empty when there is none. */
  public static String state(DbClientException e) {
    return e.getCause() instanceof SQLException sql && sql.getSQLState() != null
        ? sql.getSQLState()
        : "";
  }

  /** The table whose constraint a failed statement violated; empty when there is none. */
  public static String table(DbClientException e) {
    ServerErrorMessage error =
        e.getCause() instanceof PSQLException sql ? sql.getServerErrorMessage() : null;
    return error == null || error.getTable() == null ? "" : error.getTable();
  }

  /** Why the database cannot be used; null when only this statement failed. */
  static @Nullable Reason reason(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    if (UNREACHABLE.matcher(state).matches()) {
      return Reason.UNREACHABLE;
    }
    if (BUSY.matcher(state).matches()) {
      return Reason.BUSY;
    }
    if (NOT_MIGRATED.matcher(state).matches()) {
      return Reason.NOT_MIGRATED;
    }
    return INSUFFICIENT_PRIVILEGE.equals(state) ? Reason.NOT_PERMITTED : null;
  }

  /** Whether the role lacks a privilege for what failed. */
  static boolean isNotPermitted(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
        .anyMatch(
            t -> t instanceof SQLException e && INSUFFICIENT_PRIVILEGE.equals(e.getSQLState()));
  }

  /**
   * The message of the innermost SQLException, which is the server's or the driver's, and its
   * cause, in one line.
   */
  public static String message(Throwable failure) {
    Throwable innermost = failure;
    String cause = "";
    for (Throwable t = failure.getCause(); t != null; t = t.getCause()) {
      if (t instanceof SQLException) {
        innermost = t;
        cause = "";
      } else {
        cause = " (" + t + ")";
      }
    }
    String message = innermost.getMessage() + cause;
    return message.replaceAll("\\s*Position: [0-9]+", "").replaceAll("\\s*\\R\\s*", " ").strip();
  }
}
