package io.carol.llm.crypto;

import static io.carol.llm.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.testing.CaseFile;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An encryption key")
class EncryptionKeyTest {

  private static final String NAME = "CAROL_ENCRYPTION_KEY";
  private static final String HEX =
      "1e3d98f2a2d474fc3e0d9dee96b27f24fd97201e3dc1f87fd6dfdfa1eacbe1c8";
  private static final String BASE64 = "Hj2Y8qLUdPw+DZ3ulrJ/JP2XIB49wfh/1t/foerL4cg";
  private static final String BASE64URL = "Hj2Y8qLUdPw-DZ3ulrJ_JP2XIB49wfh_1t_foerL4cg";
  private static final String BASE64_DIGITS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";

  @Nested
  @DisplayName("is read from text")
  class Parsing {

    static Stream<Arguments> accepted() {
      return cases("ok")
          .map(it ->
              Arguments.of(
                  it.getString("name"), it.getString("value"), it.getString("decoded_hex")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("accepted")
    void fromEveryFormInTheCaseFile(String caseName, String text, String decodedHex) {
      assertEquals(
          EncryptionKey.parse(NAME, decodedHex), EncryptionKey.parse(NAME, text), caseName);
    }

    static Stream<Arguments> refused() {
      return Stream.concat(cases("malformed"), cases("missing"))
          .filter(it -> !it.isNull("value"))
          .map(it -> Arguments.of(it.getString("name"), it.getString("value")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void notFromAnyOtherTextInTheCaseFile(String caseName, String text) {
      assertRefused(text);
    }

    @Test
    void hugeTextIsRefused() {
      assertRefused("QUJD".repeat(50_000));
      assertRefused("0".repeat(200_000));
      assertRefused(" ".repeat(200_000));
      assertRefused(BASE64 + " ".repeat(200_000) + ".");
    }

    @Test
    void onlyAsciiSpaceTabCarriageReturnAndLineFeedAreTrimmed() {
      EncryptionKey key = EncryptionKey.parse(NAME, HEX);
      for (char c = 0; c < 0x3100; c++) {
        for (String text : List.of(c + BASE64, BASE64 + c, c + HEX, HEX + c)) {
          boolean padded = text.equals(BASE64 + "=");
          if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || padded) {
            assertEquals(key, EncryptionKey.parse(NAME, text));
          } else {
            assertRefused(text);
          }
        }
      }
    }

    @Test
    void theTwoBase64AlphabetsAreNotMixed() {
      assertRefused(BASE64.replace('+', '-'));
      assertRefused(BASE64.replaceFirst("/", "_"));
      assertRefused(BASE64URL.replace('-', '+'));
      assertRefused(BASE64URL.replaceFirst("_", "/"));
    }

    @Test
    void strayBitsInTheLastBase64DigitAreRefused() {
      String start = BASE64.substring(0, 42);
      String canonical = "AEIMQUYcgkosw048";
      BASE64_DIGITS
          .chars()
          .forEach(digit -> {
            String text = start + (char) digit;
            if (canonical.indexOf(digit) >= 0) {
              assertEquals(EncryptionKey.parse(NAME, text), EncryptionKey.parse(NAME, text + "="));
            } else {
              assertRefused(text);
              assertRefused(text + "=");
            }
          });
    }

    @ParameterizedTest
    @ValueSource(strings = {HEX, BASE64, BASE64URL, BASE64 + "="})
    void oneCharacterTooManyOrTooFewIsRefused(String text) {
      for (int i = 0; i < text.length(); i++) {
        String cut = text.substring(0, i) + text.substring(i + 1);
        if (!cut.equals(BASE64)) {
          assertRefused(cut);
        }
        assertRefused(text.substring(0, i) + "A" + text.substring(i));
      }
      assertRefused(text + "A");
      assertRefused(text + "==");
    }

    /** As in a file that is being written: at 43 digits it would be base64 of another key. */
    @Test
    void hexThatIsCutAnywhereIsRefused() {
      for (String hex : List.of(HEX, "0123456789abcdef".repeat(4), "CAFE".repeat(16))) {
        for (int length = 0; length < hex.length(); length++) {
          assertRefused(hex.substring(0, length));
          assertRefused(hex.substring(0, length) + "=");
        }
      }
    }
  }

  @Test
  void isRefusedWithAMessageThatNamesTheVariableAndWhatIsAccepted() {
    assertEquals(
        "CAROL_ENCRYPTION_KEY is not an encryption key: it must be 32 random bytes, not all zero,"
            + " as base64 (standard or URL-safe) or as 64 hex digits",
        refusal(NAME, "hunter2").getMessage());
  }

  // Computed with Python: hashlib.sha256(b"carol-llm-settings:kid:v1" + key).hexdigest()[:8]
  @ParameterizedTest
  @CsvSource({
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f, 6e2ea902",
    HEX + ", 819fc8ef",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff, 8cbff5f8"
  })
  void hasAnIdThatIsTheStartOfTheLabelledSha256(String hex, String kid) {
    EncryptionKey key = EncryptionKey.parse(NAME, hex);
    assertEquals(kid, key.kid());
    assertEquals("EncryptionKey[kid=" + kid + "]", key.toString());
  }

  @Test
  void keysAreEqualWhenTheirBytesAre() {
    EncryptionKey key = EncryptionKey.parse(NAME, HEX);
    EncryptionKey same = EncryptionKey.parse("OTHER_NAME", BASE64URL);
    assertEquals(key, same);
    assertEquals(key.hashCode(), same.hashCode());
    assertNotEquals(key, EncryptionKey.parse(NAME, HEX.replace("c8", "c9")));
    assertFalse(key.equals(null));
    assertNotEquals(key, (Object) HEX);
  }

  private static void assertRefused(String text) {
    CryptoException refusal = refusal(NAME, text);
    // The same message whatever the text was: neither it nor its length can be in there.
    assertEquals(refusal(NAME, "x").getMessage(), refusal.getMessage());
    assertNull(refusal.getCause());
    assertEquals(0, refusal.getSuppressed().length);
  }

  private static CryptoException refusal(String name, String text) {
    return assertFails(Reason.KEY_MALFORMED, () -> EncryptionKey.parse(name, text));
  }

  private static Stream<JsonObject> cases(String expect) {
    return CaseFile.of("/keys/encryption_key_cases.json")
        .filter(it -> it.getString("expect").equals(expect));
  }
}
