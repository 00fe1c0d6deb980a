package io.carol.llm.settings;

import io.carol.llm.crypto.SealBrokenException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * An LLM provider's API key: 1 to 8192 visible ASCII characters, of no particular shape.
 *
 * <p>It cannot be printed or serialised by accident: {@link #reveal()} is the only way to the text.
 * Immutable and thread-safe.
 */
public final class ApiKey {
  private static final int MAX_LENGTH = 8192;

  /** What user interfaces and logs put in the place of a key: bullets, asterisks, an ellipsis. */
  private static final String MASK_CHARACTERS =
      "\u2022\u25CF\u2219\u00B7\u22C5\u26AB\u2B24\u2217\uFF0A\u2026";

  private final String text;

  private ApiKey(String text) {
    this.text = text;
  }

  /**
   * The key in this text, without the {@linkplain Whitespace#trim whitespace} around it.
   *
   * @throws InvalidValueException {@code api_key_blank} when nothing is left, {@code too_long},
   *     {@code api_key_masked} for the masked display of a key, or {@code api_key_malformed} for
   *     whitespace inside, control and non-ASCII characters
   */
  public static ApiKey of(String text) {
    String trimmed = Whitespace.trim(text);
    if (trimmed.isEmpty()) {
      throw new InvalidValueException(
          "api_key_blank",
          "The API key is blank. Send null to remove the stored key, or leave the field out to"
              + " keep it.");
    }
    if (trimmed.length() > MAX_LENGTH) {
      throw new InvalidValueException(
          "too_long", "The API key is longer than " + MAX_LENGTH + " characters.");
    }
    boolean plain = isVisibleAscii(trimmed);
    if (isMasked(trimmed, plain)) {
      throw new InvalidValueException(
          "api_key_masked",
          "This is a masked display of an API key, not the key. Send the whole key, or leave the"
              + " field out to keep the stored one.");
    }
    if (!plain) {
      throw new InvalidValueException(
          "api_key_malformed",
          "The API key must be a single line of visible ASCII characters, without spaces. Copy it"
              + " again from the provider.");
    }
    return new ApiKey(trimmed);
  }

  /**
   * A key that was stored before. The rules for new keys may have become stricter since, so this
   * asks only for what every version has asked for: 1 to 8192 visible ASCII characters.
   *
   * @throws SealBrokenException when it is anything else, which this service cannot have sealed
   */
  static ApiKey ofStored(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH || !isVisibleAscii(text)) {
      throw new SealBrokenException("What is sealed is not an API key");
    }
    return new ApiKey(text);
  }

  // No patterns in the two: they would take as long as opening the key.

  private static boolean isVisibleAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '!' || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  private static boolean isMasked(String text, boolean visibleAscii) {
    return text.contains("***")
        || text.contains("...")
        || text.equals("*")
        || text.equals("**")
        || (!visibleAscii && text.chars().anyMatch(c -> MASK_CHARACTERS.indexOf(c) >= 0));
  }

  /** The text of the key, to seal it or to send it to the provider, and for nothing else. */
  public String reveal() {
    return text;
  }

  /** Compares in a time that does not tell how much of the two keys is the same. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ApiKey that && MessageDigest.isEqual(bytes(), that.bytes());
  }

  /** The same for every key: a hash of the text would be a digest of the secret. */
  @Override
  public int hashCode() {
    return 0;
  }

  @Override
  public String toString() {
    return "ApiKey[redacted]";
  }

  private byte[] bytes() {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
