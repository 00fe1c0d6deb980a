package io.carol.llm.database;

import java.sql.SQLException;

/** Why the database could not be used, in one line for a person. */
final class SqlErrors {
  private SqlErrors() {}

  /** The innermost SQLException's message, which is the server's or the driver's, and its cause. */
  static String of(Throwable failure) {
    Throwable told = failure;
    String cause = "";
    for (Throwable t = failure.getCause(); t != null; t = t.getCause()) {
      if (t instanceof SQLException) {
        told = t;
        cause = "";
      } else {
        cause = " (" + t + ")";
      }
    }
    String reason = told.getMessage() + cause;
    return reason.replaceAll("\\s*\\R\\s*", " ").strip();
  }
}
