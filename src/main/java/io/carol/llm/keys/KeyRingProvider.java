package io.carol.llm.keys;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.EncryptionKeyMalformedException;
import io.carol.llm.crypto.KeyRing;
import io.helidon.config.Config;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the key ring in the configuration at every use, so that a key that comes or changes while
 * the program runs is soon there: at once where the configuration has it, within a second in a
 * file. Says in the log which keys are in use, by their ids, whenever that changes. Thread-safe.
 */
public final class KeyRingProvider {
  /** How old what is known of files may be: reading them takes longer than opening a key. */
  private static final Duration FILES_ARE_FRESH = Duration.ofSeconds(1);

  private static final System.Logger LOGGER = System.getLogger(KeyRingProvider.class.getName());
  private static final String KEY = "CAROL_ENCRYPTION_KEY";
  private static final String KEY_FILE = "CAROL_ENCRYPTION_KEY_FILE";
  private static final String PREVIOUS = "CAROL_ENCRYPTION_KEYS_PREVIOUS";
  private static final String DIRECTORY = "CAROL_ENCRYPTION_KEYS_DIRECTORY";

  /** Where the configuration says it: to find these takes longer than to read them. */
  private record Nodes(
      Config config, Config key, Config keyFile, Config previous, Config directory) {
    static Nodes of(Config config) {
      return new Nodes(
          config,
          config.get("key"),
          config.get("key.file"),
          config.get("keys.previous"),
          config.get("keys.directory"));
    }
  }

  /** What the configuration says; empty texts where it says nothing. */
  private record Sources(String key, String keyFile, String previous, String directory) {
    static Sources of(Nodes nodes) {
      return new Sources(
          text(nodes.key), text(nodes.keyFile), text(nodes.previous), text(nodes.directory));
    }

    private static String text(Config node) {
      return node.asString().orElse("").strip();
    }
  }

  /**
   * @param failure why nothing can be sealed; null when the ring seals, or no key is configured
   */
  private record Resolved(
      Sources sources,
      KeyRing ring,
      @Nullable CryptoException failure,
      List<String> problems,
      long nanoTime) {
    boolean holdsFor(Sources now) {
      boolean noFiles = now.keyFile.isEmpty() && now.directory.isEmpty();
      // A key that was missing is there for the next one who asks.
      return failure == null
          && sources.equals(now)
          && (noFiles || System.nanoTime() - nanoTime < FILES_ARE_FRESH.toNanos());
    }
  }

  private final KeyFiles files = new KeyFiles();
  private volatile Nodes nodes;
  private volatile @Nullable Resolved last;

  /**
   * Reads nothing yet.
   *
   * @param config the node with {@code key}, {@code key.file}, {@code keys.previous} and {@code
   *     keys.directory}
   */
  public KeyRingProvider(Config config) {
    this.nodes = Nodes.of(config);
  }

  /**
   * The key ring as configured at this moment, to open with. A sealing key that cannot be used does
   * not take the other keys away.
   *
   * @throws CryptoException as {@link #sealingRing} when there is no other key either
   */
  public KeyRing ring() {
    Resolved now = resolved();
    if (now.failure != null && now.ring.kids().isEmpty()) {
      throw now.failure;
    }
    return now.ring;
  }

  /**
   * The same, to seal with. It may be without a sealing key where none is configured; sealing then
   * fails.
   *
   * @throws EncryptionKeyMalformedException when the sealing key or a previous key is not a key, or
   *     when there are both a key and a file
   * @throws io.carol.llm.crypto.EncryptionKeyMissingException when the sealing key's file cannot be
   *     read, or is empty
   */
  public KeyRing sealingRing() {
    Resolved now = resolved();
    if (now.failure != null) {
      throw now.failure;
    }
    return now.ring;
  }

  /**
   * What is wrong with files of keys although they are not needed to seal, one sentence each: an
   * earlier key of the file stays in use, or it is left out.
   */
  public List<String> problems() {
    return resolved().problems;
  }

  private Resolved resolved() {
    Nodes latest = nodes;
    // The configuration these came from may have been replaced by a newer one.
    Config config = latest.config.context().last();
    if (!config.equals(latest.config)) {
      latest = Nodes.of(config);
      nodes = latest;
    }
    Sources now = Sources.of(latest);
    Resolved known = last;
    return known != null && known.holdsFor(now) ? known : resolve(now);
  }

  private synchronized Resolved resolve(Sources now) {
    Resolved known = last;
    if (known != null && known.holdsFor(now)) {
      return known;
    }
    List<String> problems = new ArrayList<>();
    CryptoException failure = null;
    EncryptionKey sealing = null;
    List<EncryptionKey> opening = new ArrayList<>();
    if (!now.directory.isEmpty()) {
      opening.addAll(files.inDirectory(DIRECTORY, now.directory, problems));
    }
    try {
      for (String key : now.previous.isEmpty() ? new String[0] : now.previous.split(",", -1)) {
        opening.add(EncryptionKey.parse(PREVIOUS, key));
      }
      sealing = sealingKey(now, problems);
    } catch (CryptoException e) {
      failure = e;
    }
    Resolved resolved =
        new Resolved(
            now, KeyRing.of(sealing, opening), failure, List.copyOf(problems), System.nanoTime());
    report(known, resolved);
    last = resolved;
    return resolved;
  }

  private @Nullable EncryptionKey sealingKey(Sources now, List<String> problems) {
    if (!now.key.isEmpty() && !now.keyFile.isEmpty()) {
      throw new EncryptionKeyMalformedException(
          "Both " + KEY + " and " + KEY_FILE + " are set: unset one of them");
    }
    if (!now.keyFile.isEmpty()) {
      return files.key(KEY_FILE, now.keyFile, problems);
    }
    return now.key.isEmpty() ? null : EncryptionKey.parse(KEY, now.key);
  }

  private static void report(@Nullable Resolved before, Resolved now) {
    String inUse = inUse(now.ring);
    if (before == null || !inUse.equals(inUse(before.ring))) {
      LOGGER.log(Level.INFO, "Encryption keys: {0}", inUse);
    }
    List<String> known = before == null ? List.of() : before.problems;
    for (String problem : now.problems) {
      if (!known.contains(problem)) {
        LOGGER.log(Level.WARNING, "{0}", problem);
      }
    }
    if (now.problems.isEmpty() && !known.isEmpty()) {
      LOGGER.log(Level.INFO, "Every file of encryption keys is as it should be again");
    }
  }

  private static String inUse(KeyRing ring) {
    return ring.sealingKid().orElse("none")
        + " seals, "
        + (ring.kids().isEmpty() ? "none" : String.join(" ", ring.kids()))
        + " open";
  }
}
