package io.carol.llm.credentials;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.EncryptionKeyMalformedException;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import io.carol.llm.crypto.KeyRing;
import io.helidon.config.Config;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
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

  private static final String KEY = "CAROL_ENCRYPTION_KEY";
  private static final String KEY_FILE = "CAROL_ENCRYPTION_KEY_FILE";

  /** A key is 64 bytes at most; the rest is for blanks around it. */
  private static final int MAX_FILE_BYTES = 1024;

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
   * @throws EncryptionKeyMalformedException when any of the configured keys is not one, or when
   *     there are both a key and a file
   * @throws EncryptionKeyMissingException when the key's file cannot be read
   */
  public KeyRing ring() {
    // The configuration this one came from may have been replaced by a newer one.
    Config now = config.context().last();
    String text = text(now, "key");
    String file = text(now, "key.file");
    if (!text.isEmpty() && !file.isEmpty()) {
      throw new EncryptionKeyMalformedException(
          "Both " + KEY + " and " + KEY_FILE + " are set: unset one of them");
    }
    String sealing = file.isEmpty() ? text : read(file);
    String previous = text(now, "keys.previous");
    Resolved known = last;
    if (known != null && known.sealing.equals(sealing) && known.previous.equals(previous)) {
      return known.ring;
    }
    KeyRing ring =
        KeyRing.of(
            sealing.isEmpty()
                ? null
                : EncryptionKey.parse(file.isEmpty() ? KEY : KEY_FILE, sealing),
            previous.isEmpty()
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

  /** Empty when it is not there. */
  private static String text(Config config, String key) {
    return Whitespace.trim(config.get(key).asString().orElse(""));
  }

  private static String read(String file) {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        throw new EncryptionKeyMalformedException(
            "The file that " + KEY_FILE + " names is too long to be an encryption key");
      }
      // Whatever the bytes are: what is not a key is for its parser to say.
      return Whitespace.trim(new String(bytes, StandardCharsets.ISO_8859_1));
    } catch (IOException | InvalidPathException e) {
      // Without the path: somebody may have put the key itself there.
      throw new EncryptionKeyMissingException(
          "The file that "
              + KEY_FILE
              + " names cannot be read ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }
}
