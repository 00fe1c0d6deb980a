package io.carol.llm.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.nimbusds.jose.util.Base64URL;
import io.carol.llm.auth.IdentityProviderKeys.Intervals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A token whose signature is not checked again must not be good for longer than one that is. */
class TokensSeenBeforeTest {
  private static final long NOW = Instant.parse("2026-03-01T12:00:00Z").getEpochSecond();
  private static final TestKey KEY = TestKey.ec("key");
  private static final TestKey OTHER = TestKey.ec("other");

  /** A set that nobody asked for in 20 ms is read again by the next use. */
  private static final Intervals SHORT =
      new Intervals(
          Duration.ofMillis(10),
          Duration.ofMillis(20),
          Duration.ofMillis(1),
          Duration.ofMillis(10));

  @TempDir private Path folder;
  private Path keySet;
  private long now = NOW;
  private TokenVerifier verifier;

  @BeforeEach
  void publishKeys() {
    keySet = folder.resolve("jwks.json");
    publish(TestKey.keySet(KEY, OTHER));
    verifier =
        new TokenVerifier(
            new IdentityProviderKeys(KeySetLocation.of(keySet.toString()), SHORT),
            "issuer",
            "carol",
            new Clock() {
              @Override
              public Instant instant() {
                return Instant.ofEpochSecond(now);
              }

              @Override
              public ZoneId getZone() {
                return ZoneOffset.UTC;
              }

              @Override
              public Clock withZone(ZoneId zone) {
                throw new UnsupportedOperationException();
              }
            });
  }

  /** Returns once the keys that were known before have expired. */
  private void publish(String keys) {
    try {
      Path next = Files.writeString(folder.resolve("next.json"), keys);
      Files.move(next, keySet, StandardCopyOption.ATOMIC_MOVE);
      Thread.sleep(SHORT.expireAfter().plusMillis(5));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, Object> claims(String subject) {
    return Map.of(
        "iss", "issuer", "aud", "carol", "sub", subject, "exp", NOW + 300, "nbf", NOW - 10);
  }

  private void assertGood(String token) {
    assertEquals("alice", verifier.userId(token));
  }

  private void assertRefused(String failedCheck, String token) {
    var e = assertThrows(UnauthenticatedException.class, () -> verifier.userId(token));
    assertEquals(failedCheck, e.getMessage());
  }

  @Test
  void expiresWhenItsTimeIsOver() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    now = NOW + 300 + 59;
    assertGood(token);
    now = NOW + 300 + 60;
    assertRefused("exp missing or past", token);
  }

  @Test
  void isNotGoodBeforeItsTimeWhenTheClockIsPutBack() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    now = NOW - 10 - 61;
    assertRefused("nbf in the future", token);
    now = NOW;
    assertGood(token);
  }

  @Test
  void isRefusedOnceItsKeyIsWithdrawnAndGoodOnceItIsBack() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    publish(TestKey.keySet(OTHER));
    assertRefused("no suitable key", token);
    publish(TestKey.keySet(OTHER, KEY));
    assertGood(token);
  }

  @Test
  void isRefusedOnceAnotherKeyHasTheNameOfItsOwn() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    publish(TestKey.keySet(TestKey.ec("key")));
    assertRefused("signature wrong", token);
  }

  @Test
  void isRefusedOnceItsKeyIsForAnotherPurpose() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    publish(TestKey.keySet(List.of(KEY.published(Map.of("use", "enc")))));
    assertRefused("no suitable key", token);
  }

  @Test
  void withoutKeyIdIsRefusedOnceItsKeyIsWithdrawn() {
    String token = OTHER.token(Map.of("alg", "ES256"), claims("alice"));
    assertGood(token);
    publish(TestKey.keySet(KEY));
    assertRefused("signature wrong", token);
  }

  @Test
  void vouchesForNoTokenThatIsAlmostTheSame() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    String[] parts = token.split("\\.", -1);
    String mallory = Base64URL.encode(TestKey.json(claims("mallory"))).toString();
    assertRefused("signature wrong", parts[0] + "." + mallory + "." + parts[2]);
    assertRefused("not a JWS in compact serialization", token + "=");
    assertGood(token);
  }

  @Test
  void thatIsNotGoodIsRefusedEveryTime() {
    String forged = TestKey.ec("key").token(claims("alice"));
    String late =
        KEY.token(Map.of("iss", "issuer", "aud", "carol", "sub", "alice", "exp", NOW - 60));
    for (int i = 0; i < 3; i++) {
      assertRefused("signature wrong", forged);
      assertRefused("exp missing or past", late);
    }
  }

  @Test
  void speaksForItsOwnUserHoweverManyCallAtOnce() throws ExecutionException, InterruptedException {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      assertGood(KEY.token(claims("alice")));
      List<String> tokens = new ArrayList<>();
      for (int user = 0; user < 20; user++) {
        tokens.add(KEY.token(claims("user-" + user)));
      }
      List<Future<String>> answers = new ArrayList<>();
      for (int call = 0; call < 400; call++) {
        String token = tokens.get(call % 20);
        answers.add(threads.submit(() -> verifier.userId(token)));
      }
      for (int call = 0; call < 400; call++) {
        assertEquals("user-" + call % 20, answers.get(call).get());
      }
    }
  }
}
