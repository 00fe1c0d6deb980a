package io.carol.llm.crypto;

import java.util.Objects;

/**
 * A value could not be sealed or opened. No message holds key material, plaintext or sealed text,
 * and there is never a cause; every message is fit for a log.
 */
public abstract sealed class CryptoException extends RuntimeException
    permits EncryptionKeyMissingException,
        EncryptionKeyMalformedException,
        EncryptionKeyForeignException,
        EncryptionKeyRetiredException,
        UnknownKeyIdException,
        SealBrokenException {

  private static final long serialVersionUID = 1L;

  CryptoException(String message) {
    super(message);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
