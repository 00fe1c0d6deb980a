package io.carol.llm.keys;

/** Rewrap could not go on. What it had sealed anew stays so. The message says what to do. */
public final class RewrapFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RewrapFailedException(String message) {
    super(message);
  }
}
