package io.carol.llm.settings;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An LLM provider's API key: 1 to 8192 visible ASCII characters, of no particular shape.
 *
 * <p>It cannot be printed or serialised by accident: {@link #reveal()} is the only way to the text.
 * Immutable and thread-safe.
 */
public final class ApiKey {
  private static final int MAX_LENGTH = 8192;

  private static final String WHITESPACE = " \t\r\n";
  private static final String QUOTES = "\"'`";

  /** What is shown in the place of characters of a key: asterisks, three dots, a bullet. */
  private static final Pattern MASK =
      Pattern.compile(
          // The look ahead passes over letters and digits in a ninth of the time.
          "(?=\\W)(?:^\\*{1,2}\\z|\\*{3}|\\.{3}"
              + "|[\u2022\u25CF\u2219\u00B7\u22C5\u26AB\u2B24\u2217\uFF0A\u2026])");

  private static final int MAX_PLACEHOLDER_LENGTH = 100;

  /** What documentation, log filters and scripts write where a key belongs. */
  private static final Pattern PLACEHOLDER =
      Pattern.compile(
          String.join(
              "|",
              // <hidden>, [REDACTED], {key}, {{key}}, (hidden), %KEY%
              "<.*>|\\[.*]|\\{.*}|\\(.*\\)|%\\w+%",
              // $KEY, $env:KEY, ${KEY}, $(command)
              "\\$(?:env:)?[a-zA-Z_]\\w*|\\$[{(].*",
              // OPENAI_API_KEY, process.env.HF_TOKEN
              "[\\w.]*?[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET)=*"),
          Pattern.DOTALL);

  /**
   * Placeholders in words, compared with the text in lower case and without any character but
   * letters and digits.
   */
  private static final Pattern PLACEHOLDER_WORDS =
      Pattern.compile(
          String.join(
              "|",
              "(?:api|key)*(?:undefined|null|hidden|masked|removed|replaceme|changeme)(?:api|key)*",
              "(?:openai|anthropic)?apikey",
              ".*(?:redacted|placeholder).*",
              ".*your.*(?:key|token|secret).*",
              ".*(?:key|token)(?:goes)?here",
              "(?:insert|enter|paste|replace).*(?:key|token)",
              "[a-z]{0,12}x{8,}"));

  private static final Pattern NOT_WORDS = Pattern.compile("[^a-z0-9]+");

  private static final Pattern BEARER =
      Pattern.compile(
          "(?:authorization:\\s*)?bearer(?:\\s.*)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /** NAME=value, with what shells and command lines put before it. */
  private static final Pattern ASSIGNMENT =
      Pattern.compile(
          "(?:export\\s+|set\\s+|\\$env:|--)?[a-zA-Z_][\\w.-]{2,}+=[^=].*", Pattern.DOTALL);

  private final String text;

  private ApiKey(String text) {
    this.text = text;
  }

  /**
   * The key in a text that a user sends, without the whitespace (space, tab, CR, LF) around it.
   *
   * @throws InvalidValueException {@code api_key_blank} when nothing is left, {@code too_long},
   *     {@code api_key_masked} for what stands in a key's place (a mask, a placeholder, the name of
   *     a variable), or {@code api_key_malformed} for whitespace inside, control and non-ASCII
   *     characters, and for a key with something around it (quotes, {@code Bearer}, {@code NAME=})
   */
  public static ApiKey of(String sent) {
    String text = UnseenCharacters.strip(sent, c -> WHITESPACE.indexOf(c) >= 0);
    if (text.isEmpty()) {
      throw new InvalidValueException(
          "api_key_blank",
          "The API key is blank. Send null to remove the stored key, or leave the field out to"
              + " keep it.");
    }
    if (text.length() > MAX_LENGTH) {
      throw new InvalidValueException(
          "too_long", "The API key is longer than " + MAX_LENGTH + " characters.");
    }
    if (MASK.matcher(text).find()) {
      throw new InvalidValueException(
          "api_key_masked",
          "This is a masked display of an API key, not the key. Send the whole key, or leave the"
              + " field out to keep the stored one.");
    }
    if (isPlaceholder(text)) {
      throw new InvalidValueException(
          "api_key_masked",
          "This is a placeholder or the name of a variable, not an API key. Send the key itself,"
              + " or leave the field out to keep the stored one.");
    }
    if (BEARER.matcher(text).matches()) {
      throw malformed("Send the API key alone, without the word Bearer.");
    }
    if (ASSIGNMENT.matcher(text).matches()) {
      throw malformed("Send the API key alone, without the name and the = before it.");
    }
    if (QUOTES.indexOf(text.charAt(0)) >= 0
        || QUOTES.indexOf(text.charAt(text.length() - 1)) >= 0) {
      throw malformed("Send the API key alone, without quotes around it.");
    }
    if (!isVisibleAscii(text)) {
      throw malformed(
          "The API key must be a single line of visible ASCII characters, without spaces. Copy it"
              + " again from the provider.");
    }
    return new ApiKey(text);
  }

  /**
   * A key that was stored before. The rules for new keys may have become stricter since, so this
   * asks only for what every version has asked for: 1 to 8192 visible ASCII characters.
   *
   * @throws CryptoException {@link Reason#BROKEN} when it is anything else, which this service
   *     cannot have sealed
   */
  static ApiKey ofStored(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH || !isVisibleAscii(text)) {
      throw new CryptoException(Reason.BROKEN, "What is sealed is not an API key");
    }
    return new ApiKey(text);
  }

  private static boolean isPlaceholder(String text) {
    if (text.length() > MAX_PLACEHOLDER_LENGTH) {
      return false;
    }
    String words = NOT_WORDS.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
    return PLACEHOLDER.matcher(text).matches() || PLACEHOLDER_WORDS.matcher(words).matches();
  }

  private static boolean isVisibleAscii(String text) {
    // No stream and no pattern: opening a key takes about as long.
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '!' || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  private static InvalidValueException malformed(String message) {
    return new InvalidValueException("api_key_malformed", message);
  }

  /** The text of the key, to seal it or to send it to the provider, and for nothing else. */
  public String reveal() {
    return text;
  }

  /** Compares in a time that does not tell how much of the two keys is the same. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ApiKey that
        && MessageDigest.isEqual(text.getBytes(US_ASCII), that.text.getBytes(US_ASCII));
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
}
