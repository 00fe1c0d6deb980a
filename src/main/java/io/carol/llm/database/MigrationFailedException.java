package io.carol.llm.database;

/**
 * The schema could not be brought up to date. The message says why, in one line and without any
 * password.
 */
public final class MigrationFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MigrationFailedException(Throwable cause) {
    super("The database could not be migrated: " + SqlErrors.of(cause), cause);
  }
}
