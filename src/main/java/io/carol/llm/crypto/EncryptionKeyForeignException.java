package io.carol.llm.crypto;

/**
 * The sealing key is not one of the database's keys, so replicas with those could not open what it
 * seals. Nothing was stored. The operator has to configure the right key.
 */
public final class EncryptionKeyForeignException extends CryptoException {

  private static final long serialVersionUID = 1L;

  /**
   * @param kid id of the sealing key
   */
  public EncryptionKeyForeignException(String kid) {
    super(
        "Encryption key %s is not one of this database's keys:".formatted(kid)
            + " set CAROL_ENCRYPTION_KEY to the key that sealed what is stored. When that key is"
            + " lost, run `doctor --accept-key`");
  }
}
