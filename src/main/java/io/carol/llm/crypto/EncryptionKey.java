package io.carol.llm.crypto;

import io.carol.llm.crypto.CryptoException.Reason;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A 256-bit AES key and its key id. Immutable and thread-safe. The key itself cannot be read back:
 * {@link #toString()} shows the id only, and the class is not serialisable.
 */
public final class EncryptionKey {

  static final int IV_BYTES = 12;
  private static final int TAG_BYTES = 16;
  static final int CIPHERTEXT_START = IV_BYTES + TAG_BYTES;

  private static final int KEY_BYTES = 32;
  private static final byte[] KID_LABEL =
      "carol-llm-settings:kid:v1".getBytes(StandardCharsets.US_ASCII);

  // 32 bytes are 42 base64 digits and a last one for 4 bits. Its 2 spare bits must be zero
  // (RFC 4648 section 3.5), which leaves 16 of the 64 digits and catches most keys that were cut or
  // mistyped. 43 digits that are all hex are 64 of them, cut: of 10^19 random keys not one looks
  // like that.
  private static final Pattern ACCEPTED =
      Pattern.compile(
          "[ \\t\\r\\n]*+"
              + "([0-9A-Fa-f]{64}"
              + "|(?![0-9A-Fa-f]{43})"
              + "(?:[A-Za-z0-9+/]{42}|[A-Za-z0-9_-]{42})[AEIMQUYcgkosw048]=?)"
              + "[ \\t\\r\\n]*+");

  private final SecretKey secret;
  private final String kid;

  private EncryptionKey(byte[] bytes) {
    this.secret = new SecretKeySpec(bytes, "AES");
    this.kid = kidOf(bytes);
  }

  /**
   * Reads a key given as 64 hex digits of either case, or as 32 bytes of base64 (RFC 4648, standard
   * or URL-safe alphabet, padded or not, no stray bits in the last digit). Spaces, tabs, carriage
   * returns and line feeds around it are ignored. Takes time linear in the length of the text.
   *
   * @param name where the text came from; the message of the exception begins with it
   * @param text the secret text; no message repeats it
   * @throws CryptoException {@link Reason#KEY_MALFORMED} if the text is anything else, blank, or
   *     all zero bytes
   */
  public static EncryptionKey parse(String name, String text) {
    Matcher matcher = ACCEPTED.matcher(text);
    if (!matcher.matches()) {
      throw malformed(name);
    }
    String key = matcher.group(1);
    byte[] bytes =
        key.length() == 2 * KEY_BYTES
            ? HexFormat.of().parseHex(key)
            : Base64.getUrlDecoder().decode(key.replace('+', '-').replace('/', '_'));
    try {
      if (MessageDigest.isEqual(bytes, new byte[KEY_BYTES])) {
        throw malformed(name);
      }
      return new EncryptionKey(bytes);
    } finally {
      // One copy fewer in the heap. The text it was read from is out of our hands.
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /**
   * Names the key without revealing it: the first 8 lower-case hex digits of SHA-256 over the ASCII
   * label {@code carol-llm-settings:kid:v1} followed by the 32 key bytes. Not secret.
   */
  public String kid() {
    return kid;
  }

  /**
   * Encrypts with AES-256-GCM (NIST SP 800-38D).
   *
   * @param iv 12 bytes, which must never be used twice with the same key
   * @return iv, 16-byte tag and ciphertext, in this order
   */
  byte[] encrypt(byte[] iv, byte[] plaintext, byte[] associatedData) {
    byte[] payload = Arrays.copyOf(iv, CIPHERTEXT_START + plaintext.length);
    try {
      cipher(Cipher.ENCRYPT_MODE, payload, associatedData)
          .doFinal(plaintext, 0, plaintext.length, payload, IV_BYTES);
    } catch (GeneralSecurityException e) {
      throw unusableRuntime(e);
    }
    // The JDK puts the tag behind the ciphertext.
    byte[] tag = Arrays.copyOfRange(payload, payload.length - TAG_BYTES, payload.length);
    System.arraycopy(payload, IV_BYTES, payload, CIPHERTEXT_START, plaintext.length);
    System.arraycopy(tag, 0, payload, IV_BYTES, TAG_BYTES);
    return payload;
  }

  /**
   * Reverses {@link #encrypt}.
   *
   * @param payload iv, tag and ciphertext, in this order, at least 28 bytes; overwritten
   * @throws CryptoException {@link Reason#BROKEN} if the payload does not authenticate under this
   *     key and associated data
   */
  byte[] decrypt(byte[] payload, byte[] associatedData) {
    byte[] tag = Arrays.copyOfRange(payload, IV_BYTES, CIPHERTEXT_START);
    System.arraycopy(
        payload, CIPHERTEXT_START, payload, IV_BYTES, payload.length - CIPHERTEXT_START);
    System.arraycopy(tag, 0, payload, payload.length - TAG_BYTES, TAG_BYTES);
    try {
      return cipher(Cipher.DECRYPT_MODE, payload, associatedData)
          .doFinal(payload, IV_BYTES, payload.length - IV_BYTES);
    } catch (AEADBadTagException e) {
      throw new CryptoException(
          Reason.BROKEN,
          "The sealed value does not open with encryption key %s:".formatted(kid)
              + " it was changed, or belongs to another context");
    } catch (GeneralSecurityException e) {
      throw unusableRuntime(e);
    }
  }

  /** The 32 bytes of {@link KeyRing#macKey}, which reveal nothing of this key. */
  SecretKey derive(String label) {
    byte[] info = label.getBytes(StandardCharsets.US_ASCII);
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveKey(
              "HmacSHA256",
              HKDFParameterSpec.ofExtract().addIKM(secret).thenExpand(info, KEY_BYTES));
    } catch (GeneralSecurityException e) {
      throw unusableRuntime(e);
    }
  }

  /** Compares the key bytes in constant time, as SecretKeySpec does. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EncryptionKey that && secret.equals(that.secret);
  }

  @Override
  public int hashCode() {
    return kid.hashCode();
  }

  @Override
  public String toString() {
    return "EncryptionKey[kid=" + kid + "]";
  }

  /** A cipher for one operation, its iv taken from the first 12 bytes of the payload. */
  private Cipher cipher(int mode, byte[] payload, byte[] associatedData)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, secret, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, payload, 0, IV_BYTES));
    cipher.updateAAD(associatedData);
    return cipher;
  }

  private static String kidOf(byte[] bytes) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(KID_LABEL);
      return HexFormat.of().formatHex(sha256.digest(bytes), 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw unusableRuntime(e);
    }
  }

  private static CryptoException malformed(String name) {
    return new CryptoException(
        Reason.KEY_MALFORMED,
        name
            + " is not an encryption key: it must be 32 random bytes, not all zero,"
            + " as base64 (standard or URL-safe) or as 64 hex digits");
  }

  // JDK 25 has all of them, so there is nothing to recover.
  private static IllegalStateException unusableRuntime(GeneralSecurityException cause) {
    return new IllegalStateException(
        "This Java runtime lacks AES/GCM/NoPadding with 256-bit keys, SHA-256 or HKDF-SHA256",
        cause);
  }
}
