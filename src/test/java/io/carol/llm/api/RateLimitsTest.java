package io.carol.llm.api;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.Application;
import io.carol.llm.config.Configuration;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes of a user and requests of a client are limited, each for themselves. */
final class RateLimitsTest {
  private static final String BODY = "{\"provider\":\"anthropic\",\"model\":\"m\"}";
  private static final int PER_MINUTE = 30;
  // Of a machine that took long for the first, some tokens came back meanwhile.
  private static final int MOST = 5 * PER_MINUTE;

  private static TestService start(Map<String, String> limits) {
    Map<String, String> values = new HashMap<>(limits);
    values.put("carol.encryption.key", Secrets.encryptionKey());
    return TestService.start(values);
  }

  /** Sends until one is refused, and answers that one. */
  private static Reply firstRefused(IntFunction<Reply> request) {
    for (int i = 0; i < MOST; i++) {
      Reply reply = request.apply(i);
      if (reply.status() == 429) {
        assertTrue(i >= PER_MINUTE, "refused after " + i);
        assertProblem(429, "rate_limited", reply);
        return reply;
      }
    }
    throw new AssertionError("None of " + MOST + " was refused");
  }

  /**
   * The one time a test has to sleep for: as long as the service says, and then it has to be true.
   */
  private static void waitAsTold(Reply refused) throws InterruptedException {
    int seconds = Integer.parseInt(refused.header("retry-after"));
    assertTrue(seconds >= 1 && seconds <= 2, "a token comes back every 2 s, not in " + seconds);
    Thread.sleep(Duration.ofSeconds(seconds));
  }

  @Nested
  final class Writes {
    private static TestService service;

    @BeforeAll
    static void start() {
      service =
          RateLimitsTest.start(
              Map.of("carol.limits.writes.per.minute", Integer.toString(PER_MINUTE)));
    }

    @AfterAll
    static void stop() {
      service.close();
    }

    @Test
    void areRefusedBeyondTheLimitUntilTheTimeThatIsTold() throws InterruptedException {
      Api user = service.as("eager");
      waitAsTold(firstRefused(i -> user.put(BODY)));
      assertEquals(200, user.put(BODY).status());
    }

    @Test
    void countWhateverTheyAre() {
      Api user = service.as("various");
      firstRefused(i ->
          switch (i % 3) {
            case 0 -> user.delete();
            case 1 -> user.put("{");
            default -> user.put(BODY);
          });
      assertEquals(429, user.delete().status());
    }

    @Test
    void ofOneUserAreNoneOfAnother() {
      firstRefused(i -> service.as("loud").put(BODY));
      assertEquals(201, service.as("quiet").put(BODY).status());
    }

    @Test
    void thatAreRefusedChangeNothingAndStopNobodyFromReading() {
      Api user = service.as("reader");
      firstRefused(i -> user.put(BODY));
      assertEquals(429, user.put(BODY.replace("\"m\"", "\"other\"")).status());
      for (int i = 0; i < MOST; i++) {
        assertEquals("m", user.get().text("model"));
      }
    }

    @Test
    void ofSomebodyWhoIsNotSignedInCountForNobody() {
      for (int i = 0; i < MOST; i++) {
        assertEquals(401, service.anonymous().put(BODY).status());
      }
    }
  }

  @Nested
  final class Requests {
    private static TestService service;

    @BeforeAll
    static void start() {
      service =
          RateLimitsTest.start(
              Map.of(
                  "carol.limits.requests.per.minute",
                  Integer.toString(PER_MINUTE),
                  "carol.trusted.proxies",
                  "127.0.0.0/8, ::1, 198.51.100.0/24"));
    }

    @AfterAll
    static void stop() {
      service.close();
    }

    private static Reply from(String forwardedFor) {
      return service.anonymous().get("X-Forwarded-For", forwardedFor);
    }

    @Test
    void areRefusedBeyondTheLimitUntilTheTimeThatIsTold() throws InterruptedException {
      waitAsTold(firstRefused(i -> from("203.0.113.1")));
      assertEquals(401, from("203.0.113.1").status());
    }

    @Test
    void areRefusedBeforeAnybodyLooksAtThem() {
      firstRefused(i ->
          service.as("user").send("GET", "/nowhere/" + i, null, "X-Forwarded-For", "203.0.113.2"));
      assertEquals(429, service.as("user").get("X-Forwarded-For", "203.0.113.2").status());
    }

    @Test
    void ofOneClientAreNoneOfAnother() {
      firstRefused(i -> from("203.0.113.3"));
      assertEquals(401, from("203.0.113.4").status());
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "10.1.2.%d, 203.0.113.10",
          "198.51.100.%d, 203.0.113.11",
          "unknown, 192.0.2.%d, 203.0.113.12",
          "192.0.2.%d, 203.0.113.13, 198.51.100.1, 198.51.100.2",
          "192.0.2.%d, 203.0.113.14:40%d",
          "192.0.2.%d, [2001:db8:0:1::1]:40%d",
          "192.0.2.%d, 2001:db8:0:2::%d"
        })
    void areOfTheLastHopThatIsNoProxyWhateverElseIsClaimed(String forwardedFor) {
      firstRefused(i -> from(forwardedFor.formatted(i, i)));
    }

    @Test
    void areOfTheLastHopOfAllHeadersTogether() {
      firstRefused(i ->
          service
              .anonymous()
              .get("X-Forwarded-For", "192.0.2." + i, "X-Forwarded-For", "203.0.113.20"));
    }

    @Test
    void thatAProxySendsForItselfAreNotCounted() {
      for (int i = 0; i < MOST; i++) {
        assertEquals(401, service.anonymous().get().status());
      }
    }
  }

  @Test
  void nobodyIsBelievedWhoIsNotATrustedProxy() {
    try (TestService service = start(Map.of("carol.limits.requests.per.minute", "1"))) {
      for (int i = 0; i < MOST; i++) {
        assertEquals(
            401,
            service.anonymous().get("X-Forwarded-For", "203.0.113.1").status(),
            "request " + i);
      }
    }
  }

  @Test
  void whatIsNotLimitedIsNot() {
    try (TestService service =
        start(
            Map.of(
                "carol.limits.requests.per.minute",
                "0",
                "carol.limits.writes.per.minute",
                "0",
                "carol.trusted.proxies",
                "127.0.0.1,::1"))) {
      for (int i = 0; i < MOST; i++) {
        Reply reply = service.as("user").put(BODY, "X-Forwarded-For", "203.0.113.1");
        assertEquals(2, reply.status() / 100, reply::body);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "carol.limits.writes.per.minute, -1, CAROL_LIMITS_WRITES_PER_MINUTE",
    "carol.limits.requests.per.minute, -1, CAROL_LIMITS_REQUESTS_PER_MINUTE",
    "carol.limits.connections, 0, CAROL_LIMITS_CONNECTIONS",
    "carol.limits.header.seconds, 0, CAROL_LIMITS_HEADER_SECONDS",
    "carol.limits.body.seconds, 0, CAROL_LIMITS_BODY_SECONDS",
    "carol.limits.idle.seconds, 100000, CAROL_LIMITS_IDLE_SECONDS",
    "carol.trusted.proxies, proxy.internal, CAROL_TRUSTED_PROXIES",
    "carol.trusted.proxies, 10.0.0.0/33, CAROL_TRUSTED_PROXIES"
  })
  void aLimitThatMakesNoSenseIsNamedAtTheStart(String key, String value, String variable) {
    Config config = Configuration.load(TestService.configuration("nowhere", Map.of(key, value)));
    Exception refused =
        assertThrows(IllegalArgumentException.class, () -> Application.start(config));
    assertTrue(
        String.valueOf(refused.getMessage()).startsWith(variable + " must be "), refused::toString);
  }
}
