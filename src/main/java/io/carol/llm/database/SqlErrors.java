package io.carol.llm.database;

import io.carol.llm.database.DatabaseUnavailableException.Reason;
import java.sql.SQLException;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What a failure means, by the SQLSTATE (PostgreSQL documentation, appendix A) of the innermost
 * SQLException among its causes. That exception is the server's or the driver's.
 */
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

  /** A prepared statement that is there already, or that is not there. */
  private static final Pattern POOLED = Pattern.compile("42P05|26000");

  private static final String PROTOCOL_VIOLATION = "08P01";

  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  private SqlErrors() {}

  /** The SQLSTATE; empty when there is none. */
  public static String state(Throwable failure) {
    SQLException sql = innermost(failure);
    return sql == null ? "" : Objects.requireNonNullElse(sql.getSQLState(), "");
  }

  /** The table whose constraint was violated; empty when there is none. */
  public static String table(Throwable failure) {
    ServerErrorMessage error =
        innermost(failure) instanceof PSQLException sql ? sql.getServerErrorMessage() : null;
    return error == null || error.getTable() == null ? "" : error.getTable();
  }

  /** Why the database cannot be used; null when only this statement failed. */
  static @Nullable Reason reason(Throwable failure) {
    String state = state(failure);
    // The parameters do not fit a prepared statement, because it is another one.
    if (POOLED.matcher(state).matches()
        || (state.equals(PROTOCOL_VIOLATION) && message(failure).contains("prepared statement"))) {
      return Reason.POOLED;
    }
    if (UNREACHABLE.matcher(state).matches()) {
      return Reason.UNREACHABLE;
    }
    if (BUSY.matcher(state).matches()) {
      return Reason.BUSY;
    }
    if (NOT_MIGRATED.matcher(state).matches()) {
      return Reason.NOT_MIGRATED;
    }
    return state.equals(INSUFFICIENT_PRIVILEGE) ? Reason.NOT_PERMITTED : null;
  }

  /** The message and its cause, in one line. */
  public static String message(Throwable failure) {
    Throwable source = Objects.requireNonNullElse(innermost(failure), failure);
    String cause =
        causes(source).skip(1).reduce((outer, inner) -> inner).map(t -> " (" + t + ")").orElse("");
    return (source.getMessage() + cause)
        .replaceAll("\\s*Position: [0-9]+", "")
        .replaceAll("\\s*\\R\\s*", " ")
        .strip();
  }

  private static @Nullable SQLException innermost(Throwable failure) {
    return causes(failure)
        .filter(SQLException.class::isInstance)
        .map(SQLException.class::cast)
        .reduce((outer, inner) -> inner)
        .orElse(null);
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
  }
}
