package io.carol.llm.crypto;

import io.carol.llm.crypto.CryptoException.Reason;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * One sealing key, which may be absent, and any number of keys that only open. Immutable and
 * thread-safe.
 *
 * <p>A sealed value is ASCII text in three parts:
 *
 * <pre>v1.&lt;kid&gt;.&lt;base64url without padding of the payload: iv || tag || ciphertext&gt;
 * </pre>
 *
 * <p>The {@code kid} is the {@linkplain EncryptionKey#kid() id of the key}. The cipher is
 * AES-256-GCM (NIST SP 800-38D) with a 12-byte random iv and a 16-byte tag. The associated data is
 * the sequence of the fields {@code v1}, {@code kid} and each context string, every field written
 * as its length in bytes (4 bytes, big-endian) followed by its UTF-8 bytes. So a value opens only
 * with the very context it was sealed for.
 *
 * <p>With random ivs a key may seal 2<sup>32</sup> values (SP 800-38D section 8.3).
 */
public final class KeyRing {

  private static final String VERSION = "v1";
  private static final Pattern HEADER = Pattern.compile("v1\\.[0-9a-f]{8}\\.");
  private static final int KID_START = 3;
  private static final int KID_END = 11;
  private static final int PAYLOAD_START = 12;

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final SecureRandom RANDOM = new SecureRandom();

  private final @Nullable EncryptionKey sealing;
  private final Map<String, EncryptionKey> keysByKid;

  private KeyRing(@Nullable EncryptionKey sealing, Map<String, EncryptionKey> keysByKid) {
    this.sealing = sealing;
    this.keysByKid = keysByKid;
  }

  /**
   * Makes a ring. A key may be listed more than once, also as both sealing and opening.
   *
   * @param sealing seals, and opens what it sealed; null when none is configured
   * @param opening only open
   * @throws IllegalArgumentException if two different keys have the same id
   */
  public static KeyRing of(@Nullable EncryptionKey sealing, List<EncryptionKey> opening) {
    Map<String, EncryptionKey> keysByKid = new LinkedHashMap<>();
    Stream.concat(Stream.ofNullable(sealing), opening.stream())
        .forEach(key -> {
          EncryptionKey listed = keysByKid.putIfAbsent(key.kid(), key);
          if (listed != null && !listed.equals(key)) {
            throw new IllegalArgumentException(
                "Two different encryption keys have the id " + key.kid());
          }
        });
    return new KeyRing(sealing, keysByKid);
  }

  /** Id of the key that {@link #seal} uses; empty when there is none. */
  public Optional<String> sealingKid() {
    return Optional.ofNullable(sealing).map(EncryptionKey::kid);
  }

  /** Ids of all keys that {@link #open} can use: the sealing key's first, then as listed. */
  public Set<String> kids() {
    return Collections.unmodifiableSet(keysByKid.keySet());
  }

  /**
   * The same keys with another one of them as the sealing key.
   *
   * @param kid one of {@link #kids}
   */
  public KeyRing sealingWith(String kid) {
    return new KeyRing(keysByKid.get(kid), keysByKid);
  }

  /**
   * A key for HMAC-SHA256, derived from the sealing key with HKDF-SHA256 (RFC 5869) without a salt.
   * Empty when there is no sealing key.
   *
   * @param label ASCII, names the purpose; another label gives an unrelated key
   */
  public Optional<SecretKey> macKey(String label) {
    return Optional.ofNullable(sealing).map(key -> key.derive(label));
  }

  /**
   * Encrypts and authenticates under the sealing key. Every call gives a different sealed value.
   *
   * @param context what the value belongs to; {@link #open} demands the same strings in this order
   * @return the sealed value, ASCII
   * @throws NullPointerException if the ring has no {@linkplain #sealingKid sealing key}
   * @throws IllegalArgumentException if a context string holds an unpaired surrogate
   */
  public String seal(byte[] plaintext, String... context) {
    EncryptionKey key = Objects.requireNonNull(sealing, "The key ring has no sealing key");
    byte[] iv = new byte[EncryptionKey.IV_BYTES];
    RANDOM.nextBytes(iv);
    byte[] payload = key.encrypt(iv, plaintext, associatedData(key.kid(), context));
    return VERSION + "." + key.kid() + "." + ENCODER.encodeToString(payload);
  }

  /**
   * Opens what {@link #seal} made under any key of this ring.
   *
   * @param context the strings the value was sealed with, in the same order
   * @return the plaintext, an array of the caller's own
   * @throws CryptoException {@link Reason#KEY_UNKNOWN} if the sealed value names a key that is not
   *     in the ring
   * @throws CryptoException {@link Reason#BROKEN} if this is not a sealed value, or does not
   *     authenticate with the context
   * @throws IllegalArgumentException if a context string holds an unpaired surrogate
   */
  public byte[] open(String sealed, String... context) {
    byte[] payload = payloadOf(sealed);
    String kid = sealed.substring(KID_START, KID_END);
    EncryptionKey key = keysByKid.get(kid);
    if (key == null) {
      throw new CryptoException(
          Reason.KEY_UNKNOWN,
          "The value was sealed with encryption key %s, which is not configured:".formatted(kid)
              + " add that key to CAROL_ENCRYPTION_KEYS_PREVIOUS");
    }
    return key.decrypt(payload, associatedData(kid, context));
  }

  /**
   * Reads the key id off a sealed value, without opening it.
   *
   * @throws CryptoException {@link Reason#BROKEN} if this is not a sealed value
   */
  public static String kidOf(String sealed) {
    payloadOf(sealed);
    return sealed.substring(KID_START, KID_END);
  }

  /** Checks the whole sealed value and decodes its last part. */
  private static byte[] payloadOf(String sealed) {
    if (!HEADER.matcher(sealed).lookingAt()) {
      throw malformed();
    }
    String text = sealed.substring(PAYLOAD_START);
    byte[] payload;
    try {
      payload = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      // Its message quotes a character of the value: not kept as the cause.
      throw malformed();
    }
    // The decoder takes padding, and stray bits in the last digit: one value, several spellings.
    if (payload.length < EncryptionKey.CIPHERTEXT_START
        || !text.equals(ENCODER.encodeToString(payload))) {
      throw malformed();
    }
    return payload;
  }

  private static CryptoException malformed() {
    return new CryptoException(
        Reason.BROKEN,
        "The sealed value is damaged: it does not have the form v1.<kid>.<base64url>");
  }

  private static byte[] associatedData(String kid, String... context) {
    List<String> fields = new ArrayList<>(List.of(VERSION, kid));
    fields.addAll(List.of(context));
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (String field : fields) {
      byte[] bytes = utf8(field);
      data.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      data.writeBytes(bytes);
    }
    return data.toByteArray();
  }

  private static byte[] utf8(String field) {
    byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
    // An unpaired surrogate is encoded as '?': two contexts would share their associated data.
    if (!new String(bytes, StandardCharsets.UTF_8).equals(field)) {
      throw new IllegalArgumentException(
          "A context string holds an unpaired surrogate, which UTF-8 cannot express");
    }
    return bytes;
  }
}
