package io.carol.llm.observability;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.keys.KeyRingProvider;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Stands for a user in the log: lines of one user can be found, and a reader without the encryption
 * key cannot tell which user it is, not even from a list of all user ids. Another sealing key gives
 * other hashes. Without a sealing key, hashes hold until the process ends. Thread-safe.
 */
public final class UserHash {
  private static final String LABEL = "carol-llm-settings:user-hash:v1";
  private static final SecretKey KEY_OF_THIS_PROCESS =
      new SecretKeySpec(SecureRandom.getSeed(32), "HmacSHA256");

  private static final int MAX_HASHES = 10_000;

  /** The key that belongs to a key ring, and the hashes of the users that were seen last. */
  private record Hashes(KeyRing ring, SecretKey key, LoadingCache<String, String> byUser) {}

  private final KeyRingProvider keys;
  private volatile @Nullable Hashes last;

  public UserHash(KeyRingProvider keys) {
    this.keys = keys;
  }

  /**
   * The first 16 hex digits of HMAC-SHA256 over the user id in UTF-8, under a key that is derived
   * from the sealing key with HKDF-SHA256 and the label {@code carol-llm-settings:user-hash:v1}.
   */
  public String of(String userId) {
    return hashes().byUser.get(userId);
  }

  private Hashes hashes() {
    KeyRing ring = keys.configured().ring();
    Hashes known = last;
    if (known == null || known.ring != ring) {
      SecretKey key = ring.macKey(LABEL).orElse(KEY_OF_THIS_PROCESS);
      // The ring is another object each time that the keys are read, mostly with the same keys.
      known =
          new Hashes(
              ring, key, known != null && known.key.equals(key) ? known.byUser : hashes(key));
      last = known;
    }
    return known;
  }

  private static LoadingCache<String, String> hashes(SecretKey key) {
    return Caffeine.newBuilder()
        .maximumSize(MAX_HASHES)
        .executor(Runnable::run)
        .build(userId -> hash(key, userId));
  }

  private static String hash(SecretKey key, String userId) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      byte[] hash = mac.doFinal(userId.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java runtime lacks HmacSHA256", e);
    }
  }
}
