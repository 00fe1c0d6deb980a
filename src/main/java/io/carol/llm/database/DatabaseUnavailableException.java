package io.carol.llm.database;

import java.sql.SQLException;

/**
 * The database could not be reached, did not answer in time, or lacks the schema. Try again later.
 * What was being written may have been written nevertheless. The message says why; neither it nor
 * the cause holds a password or a parameter of a statement.
 */
public final class DatabaseUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** undefined_table and undefined_column, PostgreSQL documentation, appendix A. */
  private static final String UNDEFINED_TABLE = "42P01";

  private static final String UNDEFINED_COLUMN = "42703";

  private final boolean schemaMissing;
  private final boolean busy;

  DatabaseUnavailableException(SQLException cause) {
    this(cause, false);
  }

  private DatabaseUnavailableException(SQLException cause, boolean busy) {
    super("The database cannot be used: " + SqlErrors.of(cause), cause);
    this.busy = busy;
    String state = cause.getSQLState();
    this.schemaMissing = UNDEFINED_TABLE.equals(state) || UNDEFINED_COLUMN.equals(state);
  }

  /** Too many others want something of the database. */
  static DatabaseUnavailableException busy(SQLException cause) {
    return new DatabaseUnavailableException(cause, true);
  }

  /** Whether nothing is known to be wrong with the database, but too much is asked of it. */
  public boolean isBusy() {
    return busy;
  }

  /** Whether the database answered, but has not been migrated. */
  boolean schemaMissing() {
    return schemaMissing;
  }
}
