package io.carol.llm.keys;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.KeyRing;
import io.helidon.config.Config;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the encryption keys in the configuration at every use, so that a key that comes, changes or
 * goes while the program runs is noticed: at once in the configuration, within a second in a file.
 *
 * <p>One rule holds for all places: what is a key is used, and nothing is remembered. What is not a
 * key, such as half a key in a file that is being written, is reported and takes no other key away.
 *
 * <p>Logs the ids of the keys in use, and what is wrong with a place, whenever either changes.
 * Thread-safe.
 */
public final class KeyRingProvider {
  private static final Logger LOGGER = LoggerFactory.getLogger(KeyRingProvider.class);

  private final Config root;
  // Reading a file takes longer than opening a stored key. A configuration that is reloaded is
  // another object.
  private final LoadingCache<Config, ConfiguredKeys> readings =
      Caffeine.newBuilder()
          .expireAfterWrite(Duration.ofSeconds(1))
          .executor(Runnable::run)
          .build(this::read);
  private volatile @Nullable ConfiguredKeys last;

  /**
   * Reads nothing yet.
   *
   * @param root the root of a configuration; the keys are below {@code carol.encryption}
   */
  public KeyRingProvider(Config root) {
    this.root = root;
  }

  /**
   * The key ring as configured at this moment, to open with.
   *
   * @throws CryptoException as {@link #sealingRing}, when there is no key at all
   */
  public KeyRing ring() {
    KeyRing ring = configured().ring();
    return ring.kids().isEmpty() ? sealingRing() : ring;
  }

  /**
   * The same with a sealing key.
   *
   * @throws CryptoException {@code KEY_MISSING} when none is configured, or its file is empty or
   *     cannot be read; {@code KEY_MALFORMED} when what is configured is not a key, or when a key
   *     and a file are both configured
   */
  public KeyRing sealingRing() {
    ConfiguredKeys now = configured();
    if (now.failure() != null) {
      throw now.failure();
    }
    return now.ring();
  }

  /** All that is configured at this moment. */
  public ConfiguredKeys configured() {
    // Helidon has the last state of the root at hand. It would build that of a node at every call.
    return readings.get(root.context().last());
  }

  private ConfiguredKeys read(Config current) {
    ConfiguredKeys before = last;
    ConfiguredKeys now = KeyReader.read(current.get("carol.encryption"));
    if (before == null || !before.inUse().equals(now.inUse())) {
      LOGGER.info("Encryption keys: {}", now.inUse());
    }
    List<String> known = before == null ? List.of() : before.problems();
    now.problems().stream()
        .filter(problem -> !known.contains(problem))
        .forEach(problem -> LOGGER.warn("Encryption keys: {}", problem));
    if (now.problems().isEmpty() && !known.isEmpty()) {
      LOGGER.info("Every configured encryption key can be used again");
    }
    last = now;
    return now;
  }
}
