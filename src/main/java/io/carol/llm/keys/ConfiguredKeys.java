package io.carol.llm.keys;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.KeyRing;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The encryption keys that the configuration holds at one moment.
 *
 * @param ring every key that can be used
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

  /** For the log: the kid of the sealing key, and of all keys that open. */
  String inUse() {
    return ring.sealingKid().orElse("no key")
        + " seals, "
        + (ring.kids().isEmpty() ? "no key opens" : String.join(" ", ring.kids()) + " open");
  }
}
