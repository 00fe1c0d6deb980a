package io.carol.llm.crypto;

import java.util.Locale;
import java.util.Objects;

/**
 * A value could not be sealed or opened. No message holds key material, plaintext or sealed text,
 * and there is never a cause; every message is fit for a log.
 */
public final class CryptoException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. The names are stable: operators search and count by them. */
  public enum Reason {
    /** No encryption key is configured for what was asked; the operator has to set one. */
    KEY_MISSING,
    /** A configured encryption key cannot be used; the operator has to correct it. */
    KEY_MALFORMED,
    /**
     * The sealing key is not one of the database's keys, so replicas with those could not open what
     * it seals. Nothing was stored. The operator has to configure the right key.
     */
    KEY_FOREIGN,
    /**
     * The sealing key was retired when the last value it had sealed got a newer key. Nothing was
     * stored. The operator has to configure the newer key.
     */
    KEY_RETIRED,
    /** A well-formed sealed value names a key that is not configured. */
    KEY_UNKNOWN,
    /**
     * A sealed value is not well-formed, does not authenticate because it was changed or moved away
     * from the context it was sealed for, or holds something that its owner cannot have stored.
     */
    BROKEN;

    /** The name in the log and in the metrics. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Reason reason;

  public CryptoException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
