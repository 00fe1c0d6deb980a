package io.carol.llm.crypto;

/** No encryption key is configured for what was asked; the operator has to set one. */
public final class EncryptionKeyMissingException extends CryptoException {

  private static final long serialVersionUID = 1L;

  public EncryptionKeyMissingException(String message) {
    super(message);
  }
}
