package io.carol.llm.observability;

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
 * Stands for a user in the log: lines of one user can be found, and nobody without the encryption
 * key can tell who the user is, not even from a list of all user ids. Another sealing key gives
 * other hashes. Without a sealing key, hashes hold until the process ends. Thread-safe.
 */
public final class UserHash {
  private static final String LABEL = "carol-llm-settings:user-hash:v1";
  private static final SecretKey KEY_OF_THIS_PROCESS =
      new SecretKeySpec(SecureRandom.getSeed(32), "HmacSHA256");

  private record RingAndKey(KeyRing ring, SecretKey key) {}

  private final KeyRingProvider keys;
  private volatile @Nullable RingAndKey last;

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
      mac.init(key());
      byte[] hash = mac.doFinal(userId.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java runtime lacks HmacSHA256", e);
    }
  }

  private SecretKey key() {
    KeyRing ring = keys.configured().ring();
    RingAndKey known = last;
    if (known == null || known.ring != ring) {
      known = new RingAndKey(ring, ring.macKey(LABEL).orElse(KEY_OF_THIS_PROCESS));
      last = known;
    }
    return known.key;
  }
}
