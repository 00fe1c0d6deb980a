package io.carol.llm.database;

/**
 * The database could not be reached, did not answer in time, or lacks the schema. Try again later.
 */
public final class DatabaseUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DatabaseUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
