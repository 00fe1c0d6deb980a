package io.carol.llm.settings;

/** A write did not happen, because of what is stored. Nothing was changed. */
public final class WriteRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public enum Reason {
    /** The stored version is not one the caller asked for. */
    PRECONDITION_FAILED,
    /** The stored key would have gone along to another provider or origin. */
    KEY_WOULD_MOVE,
    /** There is no such user, and none could be created. */
    UNKNOWN_USER
  }

  private final Reason reason;

  WriteRefusedException(Reason reason) {
    super("Nothing was changed: " + reason);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
