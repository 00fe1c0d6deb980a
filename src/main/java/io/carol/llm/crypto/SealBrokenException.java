package io.carol.llm.crypto;

/**
 * A sealed value is not a well-formed envelope, or does not authenticate: it was changed, or moved
 * away from the context it was sealed for. Nothing can be said about its content.
 */
public final class SealBrokenException extends CryptoException {

  private static final long serialVersionUID = 1L;

  public SealBrokenException(String message) {
    super(message);
  }
}
