package io.carol.llm.crypto;

import static io.carol.llm.testing.Failures.assertFails;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.testing.CaseFile;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any text as an encryption key: it is read as the plain reading below reads it, or refused in
 * words that are the same for every text. {@code make fuzz} looks for more texts; the tests run
 * those of the case file.
 */
final class EncryptionKeyFuzzTest {
  static Stream<byte[]> caseFile() {
    return CaseFile.of("/keys/encryption_key_cases.json")
        .map(example -> example.getString("value", "").getBytes(UTF_8));
  }

  @MethodSource("caseFile")
  @FuzzTest(maxDuration = "")
  void isReadStrictlyOrRefusedWithoutBeingRepeated(byte[] input) throws NoSuchAlgorithmException {
    String text = new String(input, UTF_8);
    Optional<byte[]> key = plainReading(text.replaceAll("^[ \t\r\n]+|[ \t\r\n]+$", ""));
    if (key.isPresent()) {
      assertEquals(kid(key.get()), EncryptionKey.parse("THE_KEY", text).kid());
    } else {
      CryptoException refused = refusal(text);
      assertEquals(refusal("").getMessage(), refused.getMessage());
      assertNull(refused.getCause());
    }
  }

  private static CryptoException refusal(String text) {
    return assertFails(Reason.KEY_MALFORMED, () -> EncryptionKey.parse("THE_KEY", text));
  }

  /** By decoding, encoding again, and comparing. */
  private static Optional<byte[]> plainReading(String text) {
    String digits = text.length() == 44 && text.endsWith("=") ? text.substring(0, 43) : text;
    return Stream.of(
            reading(
                text.toLowerCase(Locale.ROOT),
                64,
                HexFormat.of()::parseHex,
                HexFormat.of()::formatHex),
            reading(
                digits,
                43,
                Base64.getDecoder()::decode,
                Base64.getEncoder().withoutPadding()::encodeToString),
            reading(
                digits,
                43,
                Base64.getUrlDecoder()::decode,
                Base64.getUrlEncoder().withoutPadding()::encodeToString))
        .flatMap(Optional::stream)
        .findFirst()
        .filter(key -> !MessageDigest.isEqual(key, new byte[32]));
  }

  private static Optional<byte[]> reading(
      String text, int length, Function<String, byte[]> decode, Function<byte[], String> encode) {
    if (text.length() != length) {
      return Optional.empty();
    }
    try {
      byte[] key = decode.apply(text);
      return encode.apply(key).equals(text) ? Optional.of(key) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String kid(byte[] key) throws NoSuchAlgorithmException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update("carol-llm-settings:kid:v1".getBytes(US_ASCII));
    return HexFormat.of().formatHex(sha256.digest(key)).substring(0, 8);
  }
}
