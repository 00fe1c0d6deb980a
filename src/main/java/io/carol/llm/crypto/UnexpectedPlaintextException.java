package io.carol.llm.crypto;

/**
 * A sealed value opens, but what was sealed is not what the application stores. Another program
 * that has the key has written it.
 */
public final class UnexpectedPlaintextException extends CryptoException {

  private static final long serialVersionUID = 1L;

  /**
   * @param message what was expected; it must hold nothing of the plaintext
   */
  public UnexpectedPlaintextException(String message) {
    super(message);
  }
}
