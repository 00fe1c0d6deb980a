package io.carol.llm.crypto;

import static io.carol.llm.testing.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.CryptoException.Reason;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A sealed value")
class SealedValueTest {

  /** The 32 bytes 00 01 02 … 1f. */
  private static final EncryptionKey KEY =
      EncryptionKey.parse(
          "KEY", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");

  private static final KeyRing RING = KeyRing.of(KEY, List.of());
  private static final String BASE64URL =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  private static final String[] CONTEXT = {"user-42", "openai_compatible", "https://llm.example"};
  private static final String MALFORMED =
      "The sealed value is damaged: it does not have the form v1.<kid>.<base64url>";
  private static final String DOES_NOT_AUTHENTICATE =
      "The sealed value does not open with encryption key 6e2ea902:"
          + " it was changed, or belongs to another context";
  private static final int PAYLOAD_START = "v1.6e2ea902.".length();

  /**
   * Fixed sealed values, computed with Python's cryptography package and, identically, with Node's
   * crypto module. Inputs: the key 00 01 … 1f, whose id is 6e2ea902; associated data is each of the
   * fields "v1", "6e2ea902" and the context strings as a 4-byte big-endian length and its UTF-8
   * bytes; the rest stands in each test.
   */
  @Nested
  @DisplayName("made by another implementation")
  class GoldenVectors {

    /** The iv is f0 f1 … fb. */
    @Test
    void opens() {
      assertEquals(
          "sk-golden-vector-\u03a9",
          open(
              "v1.6e2ea902.8PHy8_T19vf4-fr7puYBWf4v7QtH1FBNCUD-ihptbmcTVrYR8dqB_-0-DcQ9L_A",
              "user-42",
              "openai_compatible",
              "https://llm.example.com:8443"));
    }

    /** The iv is e0 e1 … eb, the plaintext is empty, so the payload is 28 bytes. */
    @Test
    void opensWithoutPlaintextAndWithAnEmptyAndANonAsciiContextString() {
      assertEquals(
          "",
          open("v1.6e2ea902.4OHi4-Tl5ufo6erraftkeVUDcCutv65J8mFNzA", "zo\u00eb", "anthropic", ""));
    }
  }

  @Nested
  @DisplayName("once changed")
  class Tampering {

    // Lengths that leave 4, 2 and 0 spare bits in the last base64 digit.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 51})
    void doesNotOpenWithAnyBitOfItsPayloadFlipped(int plaintextBytes) {
      byte[] payload = payload(sealed(plaintextBytes));
      for (int bit = 0; bit < payload.length * Byte.SIZE; bit++) {
        byte[] flipped = payload.clone();
        flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
        assertDoesNotAuthenticate(sealedValue(flipped));
      }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20})
    void doesNotOpenWithAnyCharacterReplaced(int plaintextBytes) {
      String sealed = sealed(plaintextBytes);
      for (int i = 0; i < sealed.length(); i++) {
        for (char c : (BASE64URL + "+/=. \n\0\u00c1\u0141\uff21").toCharArray()) {
          if (c != sealed.charAt(i)) {
            String changed = sealed.substring(0, i) + c + sealed.substring(i + 1);
            boolean otherKid = i >= 3 && i < 11 && "0123456789abcdef".indexOf(c) >= 0;
            if (otherKid) {
              assertFails(Reason.KEY_UNKNOWN, () -> RING.open(changed, CONTEXT), changed);
            } else {
              assertBroken(changed);
            }
          }
        }
      }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20})
    void doesNotOpenWhenCutAnywhere(int plaintextBytes) {
      String sealed = sealed(plaintextBytes);
      for (int i = 0; i < sealed.length(); i++) {
        assertBroken(sealed.substring(0, i));
        assertBroken(sealed.substring(i + 1));
        assertBroken(sealed.substring(0, i) + sealed.substring(i + 1));
        assertBroken(sealed + "A".repeat(i + 1));
      }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20})
    void doesNotOpenWithACharacterAddedAnywhere(int plaintextBytes) {
      String sealed = sealed(plaintextBytes);
      for (int i = 0; i <= sealed.length(); i++) {
        for (char c : (BASE64URL + "+/=. \t\r\n\0\u00a0\uff21").toCharArray()) {
          assertBroken(sealed.substring(0, i) + c + sealed.substring(i));
        }
      }
    }

    @Test
    void doesNotOpenWithItsPartsInTheOrderOfTheJdk() {
      byte[] payload = payload(sealed(20));
      byte[] jdkOrder = payload.clone();
      System.arraycopy(payload, 28, jdkOrder, 12, 20);
      System.arraycopy(payload, 12, jdkOrder, 32, 16);
      assertDoesNotAuthenticate(sealedValue(jdkOrder));
    }
  }

  @Nested
  @DisplayName("is not")
  class Form {

    @Test
    void oneWithPadding() {
      for (int length = 28; length < 31; length++) {
        assertMalformed(sealed(length) + "=");
        assertMalformed(sealed(length) + "==");
      }
    }

    @Test
    void oneWithStrayBitsInTheLastDigit() {
      String spareTwoBits = sealedValue(new byte[29]);
      String spareFourBits = sealedValue(new byte[28]);
      assertTrue(spareTwoBits.endsWith("AAA"));
      assertTrue(spareFourBits.endsWith("AA"));
      for (int digit = 1; digit < 16; digit++) {
        assertMalformed(withLastDigit(spareFourBits, digit));
      }
      for (int digit = 1; digit < 4; digit++) {
        assertMalformed(withLastDigit(spareTwoBits, digit));
      }
      assertDoesNotAuthenticate(withLastDigit(spareFourBits, 16));
      assertDoesNotAuthenticate(withLastDigit(spareTwoBits, 4));
    }

    @Test
    void oneInTheStandardBase64Alphabet() {
      byte[] payload = new byte[48];
      for (byte filler : new byte[] {(byte) 0xfb, (byte) 0xff}) {
        Arrays.fill(payload, filler);
        String standard = Base64.getEncoder().encodeToString(payload);
        assertTrue(standard.contains("+") || standard.contains("/"));
        assertMalformed("v1.6e2ea902." + standard);
      }
    }

    @Test
    void oneOfFewerThan28Bytes() {
      for (int length = 0; length < 28; length++) {
        assertMalformed(sealedValue(new byte[length]));
      }
      assertDoesNotAuthenticate(sealedValue(new byte[28]));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"", "..", "v1..", "v1.6E2EA902.", "v1.6e2ea90\u0662.", "sk-proj-abc", "\u00e9"})
    void anyOtherText(String text) {
      assertMalformed(text);
      assertMalformed(text + "A".repeat(38));
      assertMalformed(sealed(20) + "." + text);
    }

    @Test
    void anyOtherTextHoweverLong() {
      assertMalformed(".".repeat(1_000_000));
      assertMalformed("v1.6e2ea902." + "=".repeat(1_000_000));
      assertDoesNotAuthenticate("v1.6e2ea902." + "A".repeat(1_000_000));
    }

    private static String withLastDigit(String sealed, int digit) {
      return sealed.substring(0, sealed.length() - 1) + BASE64URL.charAt(digit);
    }
  }

  @Nested
  @DisplayName("shows its key id")
  class KidOf {

    @Test
    void withoutBeingOpened() {
      assertEquals("6e2ea902", KeyRing.kidOf(sealed(20)));
      assertEquals("00000000", KeyRing.kidOf("v1.00000000." + "A".repeat(38)));
    }

    @Test
    void onlyWhenItIsWellFormed() {
      String sealed = sealed(20);
      for (String text :
          List.of(
              "",
              "6e2ea902",
              sealed.toUpperCase(Locale.ROOT),
              sealed + "=",
              "v1.6e2ea902." + "A".repeat(37),
              "v2" + sealed.substring(2))) {
        CryptoException failure = assertFails(Reason.BROKEN, () -> KeyRing.kidOf(text), text);
        assertNull(failure.getCause());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 16, 51, 8192, 100_000})
  void opensToWhatWasSealed(int plaintextBytes) {
    byte[] plaintext = plaintext(plaintextBytes);
    byte[] before = plaintext.clone();
    String sealed = RING.seal(plaintext, CONTEXT);
    assertArrayEquals(before, plaintext, "the plaintext is left alone");
    assertArrayEquals(plaintext, RING.open(sealed, CONTEXT));
    assertTrue(sealed.matches("v1\\.6e2ea902\\.[A-Za-z0-9_-]+"));
    assertEquals(12 + 16 + plaintextBytes, payload(sealed).length);
  }

  private static String sealed(int plaintextBytes) {
    return RING.seal(plaintext(plaintextBytes), CONTEXT);
  }

  private static byte[] plaintext(int length) {
    byte[] plaintext = new byte[length];
    for (int i = 0; i < length; i++) {
      plaintext[i] = (byte) (31 * i + 7);
    }
    return plaintext;
  }

  private static byte[] payload(String sealed) {
    return Base64.getUrlDecoder().decode(sealed.substring(PAYLOAD_START));
  }

  private static String sealedValue(byte[] payload) {
    return "v1.6e2ea902." + Base64.getUrlEncoder().withoutPadding().encodeToString(payload);
  }

  private static String open(String sealed, String... context) {
    return new String(RING.open(sealed, context), UTF_8);
  }

  private static void assertMalformed(String text) {
    assertEquals(MALFORMED, broken(text).getMessage());
  }

  private static void assertDoesNotAuthenticate(String text) {
    assertEquals(DOES_NOT_AUTHENTICATE, broken(text).getMessage());
  }

  private static void assertBroken(String text) {
    assertTrue(
        List.of(MALFORMED, DOES_NOT_AUTHENTICATE).contains(broken(text).getMessage()),
        "one of two messages, whatever the content");
  }

  /** Fails unless the text does not open, and says nothing beyond its message. */
  private static CryptoException broken(String text) {
    CryptoException failure = assertFails(Reason.BROKEN, () -> RING.open(text, CONTEXT), text);
    assertNull(failure.getCause());
    assertEquals(0, failure.getSuppressed().length);
    return failure;
  }
}
