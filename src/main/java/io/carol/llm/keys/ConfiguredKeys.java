package io.carol.llm.keys;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.EncryptionKeyMalformedException;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.keys.KeySources.Entry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The encryption keys that the configuration holds at one moment.
 *
 * @param ring every key that can be used; without a sealing key when {@code failure} is there
 * @param places where each key is, by kid, such as {@code entry 2 of
 *     CAROL_ENCRYPTION_KEYS_PREVIOUS}
 * @param problems one sentence for each place without a usable key, and why there is no sealing
 *     key; never key material
 * @param failure why there is no sealing key; null when there is one
 */
public record ConfiguredKeys(
    KeyRing ring,
    Map<String, List<String>> places,
    List<String> problems,
    @Nullable CryptoException failure) {

  /** Takes what can be used of each place. What cannot takes nothing else away. */
  static ConfiguredKeys of(List<Entry> entries) {
    Map<String, EncryptionKey> keys = new LinkedHashMap<>();
    Map<String, List<String>> places = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    EncryptionKey sealing = null;
    CryptoException failure = null;
    for (Entry entry : entries) {
      try {
        EncryptionKey key = entry.parse();
        if (!keys.computeIfAbsent(key.kid(), kid -> key).equals(key)) {
          throw new EncryptionKeyMalformedException(
              entry.place() + " holds another key with the id " + key.kid() + ": make a new key");
        }
        places.computeIfAbsent(key.kid(), kid -> new ArrayList<>()).add(entry.place());
        if (entry.seals()) {
          sealing = key;
        }
      } catch (CryptoException e) {
        problems.add(e.getMessage());
        failure = entry.seals() ? e : failure;
      }
    }
    boolean ambiguous = entries.stream().filter(Entry::seals).count() > 1;
    if (ambiguous) {
      failure =
          new EncryptionKeyMalformedException(
              "Both CAROL_ENCRYPTION_KEY and CAROL_ENCRYPTION_KEY_FILE are set: unset one of them");
    } else if (sealing == null && failure == null) {
      failure =
          new EncryptionKeyMissingException(
              "No encryption key is configured to seal with: set CAROL_ENCRYPTION_KEY,"
                  + " for example to the output of `openssl rand -base64 32`");
    }
    if (failure != null && !problems.contains(failure.getMessage())) {
      problems.addFirst(failure.getMessage());
    }
    KeyRing ring = KeyRing.of(ambiguous ? null : sealing, List.copyOf(keys.values()));
    return new ConfiguredKeys(ring, places, List.copyOf(problems), failure);
  }

  /** For the log: the kid of the sealing key, and of all keys that open. */
  String inUse() {
    return ring.sealingKid().orElse("no key")
        + " seals, "
        + (ring.kids().isEmpty() ? "no key opens" : String.join(" ", ring.kids()) + " open");
  }
}
