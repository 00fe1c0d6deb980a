package io.carol.llm.crypto;

/** A well-formed sealed value names a key that is not in the ring. */
public final class UnknownKeyIdException extends CryptoException {

  private static final long serialVersionUID = 1L;

  private final String kid;

  UnknownKeyIdException(String kid) {
    super(
        "The value was sealed with encryption key %s, which is not configured:".formatted(kid)
            + " add that key to CAROL_ENCRYPTION_KEYS_PREVIOUS");
    this.kid = kid;
  }

  /** Id of the key the value was sealed with: 8 lower-case hex digits, not secret. */
  public String kid() {
    return kid;
  }
}
