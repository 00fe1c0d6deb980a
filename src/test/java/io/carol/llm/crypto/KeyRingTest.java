package io.carol.llm.crypto;

import static io.carol.llm.testing.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.testing.Together;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A key ring")
class KeyRingTest {

  private static final EncryptionKey OLD =
      EncryptionKey.parse(
          "OLD", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  private static final EncryptionKey NEW =
      EncryptionKey.parse(
          "NEW", "1e3d98f2a2d474fc3e0d9dee96b27f24fd97201e3dc1f87fd6dfdfa1eacbe1c8");

  /** SHA-256 of "kid collision 33168" and "kid collision 102169": both have the id 4c4378e3. */
  private static final EncryptionKey TWIN =
      EncryptionKey.parse(
          "TWIN", "f518a28832d5813179e899e44e1691369bb4dec8896e2841b0901a2f57543f83");

  private static final EncryptionKey OTHER_TWIN =
      EncryptionKey.parse(
          "OTHER_TWIN", "727ac8f951680d8d438278f77114f1d9aaaee4ed0c94b07055260f606cf91862");

  private static final byte[] SECRET = "sk-test-0123456789".getBytes(UTF_8);

  @Nested
  @DisplayName("seals a value to its context, so it does not open")
  class Context {

    static Stream<List<String>> otherContexts() {
      return Stream.of(
          List.of(),
          List.of("ab", "c"),
          List.of("ab", "c", "d", ""),
          List.of("", "ab", "c", "d"),
          List.of("a", "bc", "d"),
          List.of("ab", "cd", ""),
          List.of("ab", "", "cd"),
          List.of("abcd"),
          List.of("c", "ab", "d"),
          List.of("ab", "d", "c"),
          List.of("aB", "c", "d"),
          List.of("ab", "x", "d"),
          List.of("ab", "c", "D"),
          List.of("ab\0", "c", "d"),
          List.of("ab", "c", "d\0"),
          // The length prefixes, written into a field.
          List.of("ab\0\0\0\1c", "d"),
          List.of("ab\0\0\0\1c\0\0\0\1d"),
          List.of("ab", "c\0\0\0\1d"));
    }

    // By number, since some of them hold characters that no test report can.
    @ParameterizedTest(name = "{index}")
    @MethodSource("otherContexts")
    void inAnother(List<String> other) {
      KeyRing ring = KeyRing.of(NEW, List.of());
      String sealed = ring.seal(SECRET, "ab", "c", "d");
      assertArrayEquals(SECRET, ring.open(sealed, "ab", "c", "d"));
      assertFails(Reason.BROKEN, () -> ring.open(sealed, other.toArray(String[]::new)));

      String sealedThere = ring.seal(SECRET, other.toArray(String[]::new));
      assertArrayEquals(SECRET, ring.open(sealedThere, other.toArray(String[]::new)));
      assertFails(Reason.BROKEN, () -> ring.open(sealedThere, "ab", "c", "d"));
    }

    @ParameterizedTest(name = "{index}")
    @ValueSource(strings = {"\ud800", "a\udc00b", "\udc00\ud800"})
    void inOneThatHasNoUtf8Form(String context) {
      KeyRing ring = KeyRing.of(NEW, List.of());
      String sealed = ring.seal(SECRET, context.replaceAll("[\ud800-\udfff]", "?"));
      assertThrows(IllegalArgumentException.class, () -> ring.seal(SECRET, context));
      assertThrows(IllegalArgumentException.class, () -> ring.open(sealed, context));
    }

    @Test
    void butDoesWithCharactersOutsideTheBasicPlane() {
      KeyRing ring = KeyRing.of(NEW, List.of());
      String sealed = ring.seal(SECRET, "\ud83d\ude00");
      assertArrayEquals(SECRET, ring.open(sealed, "\ud83d\ude00"));
      assertFails(Reason.BROKEN, () -> ring.open(sealed, "??"));
    }
  }

  @Nested
  @DisplayName("without a sealing key")
  class WithoutSealingKey {

    @Test
    void opensWithAPreviousKey() {
      String sealed = KeyRing.of(OLD, List.of()).seal(SECRET, "u");
      assertArrayEquals(SECRET, KeyRing.of(null, List.of(NEW, OLD)).open(sealed, "u"));
    }

    @Test
    void doesNotSeal() {
      for (KeyRing ring : List.of(KeyRing.of(null, List.of()), KeyRing.of(null, List.of(OLD)))) {
        assertThrows(NullPointerException.class, () -> ring.seal(SECRET, "u"));
      }
    }

    @Test
    void andWithoutAnyOtherKnowsNoKeyOfASealedValue() {
      String sealed = KeyRing.of(OLD, List.of()).seal(SECRET, "u");
      KeyRing empty = KeyRing.of(null, List.of());
      assertFails(Reason.KEY_UNKNOWN, () -> empty.open(sealed, "u"));
      assertFails(Reason.BROKEN, () -> empty.open("not a sealed value", "u"));
    }
  }

  @Nested
  @DisplayName("given keys")
  class Keys {

    @Test
    void reportsTheirIdsTheSealingKeyFirst() {
      KeyRing ring = KeyRing.of(NEW, List.of(TWIN, OLD));
      assertEquals(Optional.of(NEW.kid()), ring.sealingKid());
      assertEquals(List.of(NEW.kid(), TWIN.kid(), OLD.kid()), List.copyOf(ring.kids()));
      KeyRing opening = KeyRing.of(null, List.of(OLD));
      assertEquals(Optional.empty(), opening.sealingKid());
      assertEquals(Set.of(OLD.kid()), opening.kids());
    }

    @Test
    void takesTheSameKeyTwice() {
      KeyRing ring = KeyRing.of(OLD, List.of(OLD, NEW, NEW, OLD));
      assertEquals(Set.of(OLD.kid(), NEW.kid()), ring.kids());
      assertArrayEquals(SECRET, ring.open(ring.seal(SECRET, "u"), "u"));
    }

    @Test
    void refusesTwoKeysOfOneId() {
      assertEquals("4c4378e3", TWIN.kid());
      assertEquals("4c4378e3", OTHER_TWIN.kid());
      assertNotEquals(TWIN, OTHER_TWIN);
      List<EncryptionKey> twins = List.of(TWIN, NEW, OTHER_TWIN);
      assertThrows(IllegalArgumentException.class, () -> KeyRing.of(null, twins));
      assertThrows(IllegalArgumentException.class, () -> KeyRing.of(OTHER_TWIN, List.of(TWIN)));
    }

    @Test
    void sealsWithAnotherOfItsKeysOnRequest() {
      KeyRing ring = KeyRing.of(NEW, List.of(OLD)).sealingWith(OLD.kid());
      assertEquals(Optional.of(OLD.kid()), ring.sealingKid());
      assertEquals(Set.of(NEW.kid(), OLD.kid()), ring.kids());
      assertEquals(OLD.kid(), KeyRing.kidOf(ring.seal(SECRET, "u")));
    }

    @Test
    void derivesAKeyForEachLabelFromItsSealingKey() {
      KeyRing ring = KeyRing.of(NEW, List.of(OLD));
      assertEquals(ring.macKey("a"), KeyRing.of(NEW, List.of()).macKey("a"));
      assertNotEquals(ring.macKey("a"), ring.macKey("b"));
      assertNotEquals(ring.macKey("a"), KeyRing.of(OLD, List.of()).macKey("a"));
      assertEquals(Optional.empty(), KeyRing.of(null, List.of(OLD)).macKey("a"));
    }

    @Test
    void doesNotChangeAfterwards() {
      List<EncryptionKey> previous = new ArrayList<>(List.of(OLD));
      KeyRing ring = KeyRing.of(null, previous);
      previous.clear();
      previous.add(NEW);
      assertEquals(Set.of(OLD.kid()), ring.kids());
      Set<String> kids = ring.kids();
      assertThrows(UnsupportedOperationException.class, () -> kids.remove(OLD.kid()));
    }
  }

  @Nested
  @DisplayName("finds the key of a sealed value by its id, so")
  class Lookup {

    @Test
    void anUnknownIdIsReported() {
      String sealed = KeyRing.of(OLD, List.of()).seal(SECRET, "u");
      CryptoException failure =
          assertFails(Reason.KEY_UNKNOWN, () -> KeyRing.of(NEW, List.of(TWIN)).open(sealed, "u"));
      assertEquals(
          "The value was sealed with encryption key 6e2ea902, which is not configured:"
              + " add that key to CAROL_ENCRYPTION_KEYS_PREVIOUS",
          failure.getMessage());
      assertNull(failure.getCause());
    }

    @Test
    void aSealedValueDoesNotOpenUnderTheIdOfAnotherKey() {
      KeyRing ring = KeyRing.of(OLD, List.of(NEW));
      String sealed = ring.seal(SECRET, "u");
      String renamed = sealed.replace(OLD.kid(), NEW.kid());
      assertFails(Reason.BROKEN, () -> ring.open(renamed, "u"));
    }

    @Test
    void aSealedValueDoesNotOpenWithAnotherKeyOfTheSameId() {
      String sealed = KeyRing.of(TWIN, List.of()).seal(SECRET, "u");
      assertArrayEquals(SECRET, KeyRing.of(TWIN, List.of()).open(sealed, "u"));
      assertFails(Reason.BROKEN, () -> KeyRing.of(OTHER_TWIN, List.of()).open(sealed, "u"));
    }
  }

  @Test
  void whileTheKeyIsChangedEveryReplicaReadsWhatEveryOtherWrites() {
    KeyRing before = KeyRing.of(OLD, List.of());
    KeyRing openingNew = KeyRing.of(OLD, List.of(NEW));
    KeyRing sealingNew = KeyRing.of(NEW, List.of(OLD));
    KeyRing after = KeyRing.of(NEW, List.of());
    assertEachReadsTheOther(before, openingNew);
    assertEachReadsTheOther(openingNew, sealingNew);
    assertEquals(NEW.kid(), KeyRing.kidOf(sealingNew.seal(SECRET, "u")));
    assertEachReadsTheOther(sealingNew, after);
    String left = before.seal(SECRET, "u");
    assertFails(Reason.KEY_UNKNOWN, () -> after.open(left, "u"));
  }

  private static void assertEachReadsTheOther(KeyRing one, KeyRing other) {
    assertArrayEquals(SECRET, one.open(other.seal(SECRET, "u"), "u"));
    assertArrayEquals(SECRET, other.open(one.seal(SECRET, "u"), "u"));
  }

  @Test
  void sealsAndOpensFromManyThreadsAtOnceAndNeverRepeatsAnInitialisationVector() {
    KeyRing ring = KeyRing.of(NEW, List.of(OLD));
    KeyRing oldRing = KeyRing.of(OLD, List.of());
    Set<String> ivs = ConcurrentHashMap.newKeySet();
    Together.run(
        16,
        thread -> {
          String user = "user-" + thread;
          for (int i = 0; i < 500; i++) {
            byte[] plaintext = (user + "/" + "x".repeat(i)).getBytes(UTF_8);
            String sealed = (i % 2 == 0 ? ring : oldRing).seal(plaintext, user);
            assertTrue(ivs.add(iv(sealed)));
            assertArrayEquals(plaintext, ring.open(sealed, user));
            assertFails(Reason.BROKEN, () -> ring.open(sealed, user + "0"));
          }
          return thread;
        });
    assertEquals(16 * 500, ivs.size());
  }

  /** The 12 bytes of the iv, as their 16 base64 digits. */
  private static String iv(String sealed) {
    String digits = sealed.substring(12, 28);
    assertEquals(12, Base64.getUrlDecoder().decode(digits).length);
    return digits;
  }
}
