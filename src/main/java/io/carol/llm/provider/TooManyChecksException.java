package io.carol.llm.provider;

/** As many checks as are allowed are under way in this process. A few seconds later one is over. */
public final class TooManyChecksException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TooManyChecksException() {
    super("Too many connections are being checked at this moment.");
  }
}
