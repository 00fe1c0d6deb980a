package io.carol.llm.credentials;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.EncryptionKeyMalformedException;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import io.carol.llm.crypto.KeyRing;
import io.helidon.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the key ring in the configuration, anew at every use, so that a key that comes or changes
 * while the program runs is there for the next request. Thread-safe.
 */
public final class EncryptionKeys {
  /** Whether keys can be sealed right now. */
  public enum State {
    OK,
    MISSING,
    MALFORMED
  }

  private record Resolved(String sealing, String previous, KeyRing ring) {}

  private final Config config;
  private volatile @Nullable Resolved last;

  /**
   * Reads nothing yet.
   *
   * @param config the node with {@code key}, {@code key.file} and {@code keys.previous}
   */
  public EncryptionKeys(Config config) {
    this.config = config;
  }

  /**
   * The key ring as configured at this moment. It may be without a sealing key; sealing then fails.
   *
   * @throws EncryptionKeyMalformedException when any of the configured keys is not one
   * @throws EncryptionKeyMissingException when the key's file cannot be read
   */
  public KeyRing ring() {
    // The configuration this one came from may have been replaced by a newer one.
    Config now = config.context().last();
    String sealing = sealingText(now).orElse("");
    String previous = now.get("keys.previous").asString().orElse("");
    Resolved known = last;
    if (known != null && known.sealing.equals(sealing) && known.previous.equals(previous)) {
      return known.ring;
    }
    KeyRing ring =
        KeyRing.of(
            isBlank(sealing) ? null : EncryptionKey.parse("CAROL_ENCRYPTION_KEY", sealing),
            isBlank(previous)
                ? List.of()
                : Stream.of(previous.split(",", -1))
                    .map(key -> EncryptionKey.parse("CAROL_ENCRYPTION_KEYS_PREVIOUS", key))
                    .toList());
    last = new Resolved(sealing, previous, ring);
    return ring;
  }

  /** Whether {@link #ring} has a sealing key, for health and metrics. */
  public State state() {
    try {
      return ring().sealingKid().isPresent() ? State.OK : State.MISSING;
    } catch (EncryptionKeyMissingException e) {
      return State.MISSING;
    } catch (CryptoException e) {
      return State.MALFORMED;
    }
  }

  private static Optional<String> sealingText(Config config) {
    Optional<String> file = config.get("key.file").asString().asOptional();
    if (file.isEmpty()) {
      return config.get("key").asString().asOptional();
    }
    try {
      return Optional.of(Files.readString(Path.of(file.get())));
    } catch (IOException e) {
      throw new EncryptionKeyMissingException(
          "The file that CAROL_ENCRYPTION_KEY_FILE names cannot be read");
    }
  }

  private static boolean isBlank(String text) {
    return Whitespace.trim(text).isEmpty();
  }
}
