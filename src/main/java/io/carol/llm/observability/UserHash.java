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

/**
 * Stands for a user in the log: lines of one user can be found, and a reader without the encryption
 * key cannot tell which user it is, not even from a list of all user ids. Another sealing key gives
 * other hashes. Without a sealing key, hashes hold until the process ends. Thread-safe.
 */
public final class UserHash {
  private static final String LABEL = "carol-llm-settings:user-hash:v1";
  private static final SecretKey KEY_OF_THIS_PROCESS =
      new SecretKeySpec(SecureRandom.getSeed(32), "HmacSHA256");

  private final KeyRingProvider keys;
  // Deriving a key takes twice as long as hashing with it.
  private final LoadingCache<KeyRing, SecretKey> macKeys =
      Caffeine.newBuilder()
          .weakKeys()
          .executor(Runnable::run)
          .build(ring -> ring.macKey(LABEL).orElse(KEY_OF_THIS_PROCESS));

  public UserHash(KeyRingProvider keys) {
    this.keys = keys;
  }

  /**
   * The first 16 hex digits of HMAC-SHA256 over the user id in UTF-8, under a key that is derived
   * from the sealing key with HKDF-SHA256 and the label {@code carol-llm-settings:user-hash:v1}.
   */
  public String of(String userId) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(macKeys.get(keys.configured().ring()));
      byte[] hash = mac.doFinal(userId.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java runtime lacks HmacSHA256", e);
    }
  }
}
