package io.carol.llm.crypto;

/**
 * A sealed value is not well-formed, does not authenticate because it was changed or moved away
 * from the context it was sealed for, or holds something that its owner cannot have stored.
 */
public final class SealBrokenException extends CryptoException {

  private static final long serialVersionUID = 1L;

  public SealBrokenException(String message) {
    super(message);
  }
}
