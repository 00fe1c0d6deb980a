package io.carol.llm.database;

/**
 * The database could not be used. What was being written may have been written nevertheless. The
 * message says why, and what the operator has to do, if anything; neither it nor the cause holds a
 * password or a parameter of a statement.
 */
public final class DatabaseUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public enum Reason {
    /** It is away, starting, stopping, full, a standby, or refuses the connection. */
    UNREACHABLE(""),
    /** It works, but did not come to this request in time, or gave it up for another one. */
    BUSY(""),
    /** It lacks tables or columns. */
    NOT_MIGRATED(". Run the command migrate, or restart the service, which does the same"),
    /** The role of the service lacks a privilege. */
    NOT_PERMITTED(". Grant the role what sql/README.md lists"),
    /** A pooler in between gives the statements that one client prepared to another one. */
    POOLED(
        ". Behind a pooler in transaction mode, requests may run each other's statements: stop the"
            + " service until its address has prepareThreshold=0 (see sql/README.md)");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }

    /** What the operator has to do, after a message; empty when nothing. */
    String advice() {
      return advice;
    }
  }

  private final Reason reason;

  DatabaseUnavailableException(Reason reason, Exception cause) {
    super("The database cannot be used: " + SqlErrors.message(cause) + reason.advice, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /**
   * Whether to wait for its end. Missing tables are not waited for, although a replica that starts
   * may be about to make them.
   */
  public boolean isTransient() {
    return reason != Reason.NOT_MIGRATED && reason != Reason.NOT_PERMITTED;
  }
}
