package io.carol.llm.crypto;

/**
 * The sealing key was retired when the last value it had sealed got a newer key. Nothing was
 * stored. The operator has to configure the newer key.
 */
public final class EncryptionKeyRetiredException extends CryptoException {

  private static final long serialVersionUID = 1L;

  /**
   * @param kid id of the sealing key
   */
  public EncryptionKeyRetiredException(String kid) {
    super(
        "Encryption key %s is retired in this database:".formatted(kid)
            + " set CAROL_ENCRYPTION_KEY to the key that replaced it. To go back to this one, run"
            + " `doctor --accept-key`");
  }
}
