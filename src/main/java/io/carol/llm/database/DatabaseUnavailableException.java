package io.carol.llm.database;

/**
 * The database could not be used. What was being written may have been written nevertheless. The
 * message says why; neither it nor the cause holds a password or a parameter of a statement.
 */
public final class DatabaseUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why it could not be used. */
  public enum Reason {
    /** It is away, starting, stopping, full, a standby, or refuses the connection. */
    UNREACHABLE,
    /** It works, but did not come to this request in time, or gave it up for another one. */
    BUSY,
    /** It lacks tables or columns. */
    NOT_MIGRATED,
    /** The role of the service lacks a privilege. */
    NOT_PERMITTED
  }

  private final Reason reason;

  DatabaseUnavailableException(Reason reason, Exception cause) {
    super("The database cannot be used: " + SqlErrors.message(cause), cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
