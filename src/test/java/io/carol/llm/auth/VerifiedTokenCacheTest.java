package io.carol.llm.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.nimbusds.jose.util.Base64URL;
import io.carol.llm.auth.UnauthenticatedException.Reason;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A token whose signature is not checked again must not be good for longer than one that is. */
class VerifiedTokenCacheTest {
  private static final long NOW = Instant.parse("2026-03-01T12:00:00Z").getEpochSecond();
  private static final TestKey KEY = TestKey.ec("key");
  private static final TestKey OTHER = TestKey.ec("other");

  @TempDir private Path folder;
  private Path keySet;
  private volatile long now = NOW;
  @AutoClose private TokenVerifier verifier;

  @BeforeEach
  void openVerifier() {
    keySet = folder.resolve("jwks.json");
    publish(TestKey.keySet(KEY, OTHER));
    InstantSource clock = () -> Instant.ofEpochSecond(now);
    verifier =
        new TokenVerifier(
            TestKey.trusting(keySet.toString(), "issuer", "carol"),
            clock.withZone(ZoneOffset.UTC),
            Duration.ofSeconds(1));
  }

  private void publish(String keys) {
    try {
      Path next = Files.writeString(folder.resolve("next.json"), keys);
      Files.move(next, keySet, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, Object> claims(String subject) {
    return Map.of(
        "iss", "issuer", "aud", "carol", "sub", subject, "exp", NOW + 300, "nbf", NOW - 10);
  }

  private String answer(String token) {
    try {
      return verifier.userId(token);
    } catch (UnauthenticatedException e) {
      return e.reason().code();
    }
  }

  private void assertGood(String token) {
    assertEquals("alice", verifier.userId(token));
  }

  private void assertRefused(Reason reason, String token) {
    var e = assertThrows(UnauthenticatedException.class, () -> verifier.userId(token));
    assertEquals(reason, e.reason());
  }

  private void awaitAnswer(String answer, String token) {
    TestService.await("the token's answer is " + answer, () -> answer(token).equals(answer));
  }

  @Test
  void aKnownTokenExpires() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    now = NOW + 300 + 59;
    assertGood(token);
    now = NOW + 300 + 60;
    assertRefused(Reason.EXPIRED, token);
  }

  @Test
  void aKnownTokenIsRefusedBeforeItsTimeWhenTheClockIsPutBack() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    now = NOW - 10 - 61;
    assertRefused(Reason.NOT_YET_VALID, token);
    now = NOW;
    assertGood(token);
  }

  @Test
  void aKnownTokenIsRefusedOnceItsKeyIsWithdrawnAndGoodOnceTheKeyIsBack() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    publish(TestKey.keySet(OTHER));
    awaitAnswer("unknown_key", token);
    publish(TestKey.keySet(OTHER, KEY));
    awaitAnswer("alice", token);
  }

  @Test
  void aKnownTokenIsRefusedOnceAnotherKeyHasItsKeyId() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    publish(TestKey.keySet(TestKey.ec("key")));
    awaitAnswer("signature", token);
  }

  @Test
  void aKnownTokenWithoutKeyIdIsRefusedOnceItsKeyIsWithdrawn() {
    String token = OTHER.token(Map.of("alg", "ES256"), claims("alice"));
    assertGood(token);
    publish(TestKey.keySet(KEY));
    awaitAnswer("signature", token);
  }

  @Test
  void aKnownTokenDoesNotVouchForOneThatIsAlmostTheSame() {
    String token = KEY.token(claims("alice"));
    assertGood(token);
    String[] parts = token.split("\\.", -1);
    String mallory = Base64URL.encode(TestKey.json(claims("mallory"))).toString();
    assertRefused(Reason.SIGNATURE, parts[0] + "." + mallory + "." + parts[2]);
    assertRefused(Reason.MALFORMED, token + "=");
    assertGood(token);
  }

  @Test
  void aTokenThatIsNotGoodIsRefusedEveryTime() {
    String forged = TestKey.ec("key").token(claims("alice"));
    String late =
        KEY.token(Map.of("iss", "issuer", "aud", "carol", "sub", "alice", "exp", NOW - 60));
    for (int i = 0; i < 3; i++) {
      assertRefused(Reason.SIGNATURE, forged);
      assertRefused(Reason.EXPIRED, late);
    }
  }

  @Test
  void concurrentCallsGetTheUserOfTheirOwnToken() {
    List<String> tokens =
        IntStream.range(0, 20).mapToObj(user -> KEY.token(claims("user-" + user))).toList();
    List<String> users = Together.run(400, call -> verifier.userId(tokens.get(call % 20)));
    for (int call = 0; call < 400; call++) {
      assertEquals("user-" + call % 20, users.get(call));
    }
  }
}
