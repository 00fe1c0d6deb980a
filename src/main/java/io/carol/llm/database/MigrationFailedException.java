package io.carol.llm.database;

import org.jspecify.annotations.Nullable;

/**
 * The schema could not be brought up to date. The message says why, in one line and without any
 * password.
 */
public final class MigrationFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MigrationFailedException(String reason, @Nullable Throwable cause) {
    super("The database could not be migrated: " + reason, cause);
  }
}
