package io.carol.llm.crypto;

/** A configured encryption key cannot be used; the operator has to correct it. */
public final class EncryptionKeyMalformedException extends CryptoException {

  private static final long serialVersionUID = 1L;

  public EncryptionKeyMalformedException(String message) {
    super(message);
  }
}
