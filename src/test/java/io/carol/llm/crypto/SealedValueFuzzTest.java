package io.carol.llm.crypto;

import static io.carol.llm.testing.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carol.llm.crypto.CryptoException.Reason;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any text as a sealed value: nothing opens but what was sealed, in its one spelling. And any bytes
 * as a secret: they open again, and not once a character is another. {@code make fuzz} looks for
 * more inputs; the tests run those below.
 */
final class SealedValueFuzzTest {
  private static final KeyRing RING =
      KeyRing.of(
          EncryptionKey.parse(
              "THE_KEY", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
          List.of());
  private static final String[] CONTEXT = {
    "user-42", "openai_compatible", "https://llm.example.com:8443"
  };

  /** What the fuzzer starts from and must not get beyond. */
  private static final Set<String> SEALED =
      Set.of(
          "v1.6e2ea902.8PHy8_T19vf4-fr7puYBWf4v7QtH1FBNCUD-ihptbmcTVrYR8dqB_-0-DcQ9L_A",
          RING.seal(new byte[0], CONTEXT),
          RING.seal(new byte[1], CONTEXT),
          RING.seal(new byte[2], CONTEXT),
          RING.seal(new byte[300], CONTEXT));

  static Stream<byte[]> sealedValues() {
    return Stream.concat(
            SEALED.stream()
                .flatMap(sealed ->
                    Stream.of(
                        sealed,
                        sealed + "=",
                        sealed.replace("6e2ea902", "6E2EA902"),
                        sealed.replace("v1", "v2"),
                        sealed.replace('.', ':'))),
            Stream.of("", "v1..", "v1.6e2ea902.", "v1.00000000." + "A".repeat(38), "sk-plain-text"))
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("sealedValues")
  @FuzzTest(maxDuration = "")
  void onlyWhatWasSealedOpens(byte[] input) {
    String text = new String(input, UTF_8);
    assertOpensIfSealed(text);
    assertOpensToWhatWasSealed(input, text);
  }

  private static void assertOpensIfSealed(String text) {
    if (SEALED.contains(text)) {
      RING.open(text, CONTEXT);
      return;
    }
    CryptoException refused =
        assertThrows(CryptoException.class, () -> RING.open(text, CONTEXT), text);
    try {
      String kid = KeyRing.kidOf(text);
      byte[] payload = Base64.getUrlDecoder().decode(text.substring(12));
      String onlySpelling =
          "v1." + kid + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(payload);
      assertEquals(onlySpelling, text);
      assertTrue(kid.matches("[0-9a-f]{8}") && payload.length >= 28, text);
      assertEquals(kid.equals("6e2ea902") ? Reason.BROKEN : Reason.KEY_UNKNOWN, refused.reason());
    } catch (CryptoException malformed) {
      assertEquals(malformed.getMessage(), refused.getMessage());
    }
  }

  private static void assertOpensToWhatWasSealed(byte[] secret, String user) {
    String sealed = RING.seal(secret, user);
    assertArrayEquals(secret, RING.open(sealed, user));
    int place = Math.floorMod(user.hashCode(), sealed.length());
    char other = sealed.charAt(place) == 'A' ? 'B' : 'A';
    String changed = sealed.substring(0, place) + other + sealed.substring(place + 1);
    assertThrows(CryptoException.class, () -> RING.open(changed, user));
    assertFails(Reason.BROKEN, () -> RING.open(sealed, user + "\0"));
  }
}
