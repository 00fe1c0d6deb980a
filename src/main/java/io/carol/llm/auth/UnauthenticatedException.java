package io.carol.llm.auth;

/**
 * A token is not good, or there is none. The message names the check that failed and is for the log
 * only: the client is not told. It never holds any part of the token, and there is never a cause,
 * because a parser's message may quote it.
 */
public final class UnauthenticatedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnauthenticatedException(String failedCheck) {
    super(failedCheck);
  }
}
