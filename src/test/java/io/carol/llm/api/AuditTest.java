package io.carol.llm.api;

import static io.carol.llm.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.observability.Audit;
import io.carol.llm.observability.UserHash;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import io.helidon.config.Config;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.MDC;

/** The audit log tells what each user did with which key, and holds no key. */
final class AuditTest {
  private static final String URL = "https://llm.example:8443/v1";

  private static final SimpleMeterRegistry METERS = new SimpleMeterRegistry();

  @AutoClose private static final Setup setup = Setup.start();

  @BeforeAll
  static void measure() {
    Metrics.addRegistry(METERS);
  }

  @AfterAll
  static void stopMeasuring() {
    Metrics.removeRegistry(METERS);
  }

  /** What the audit log says of this user, without what every line begins with. */
  private static List<String> lines(LogCapture log, User user) {
    String hash = " user=" + user.hash();
    return log.text()
        .lines()
        .filter(line -> line.contains("io.carol.llm.audit") && line.contains(hash))
        .map(line ->
            line.replaceFirst(".*event=", "")
                .replace(hash, "")
                .replaceFirst(" requestId=[^ ]+", ""))
        .toList();
  }

  private static String kid(User user) {
    return user.column("api_key_ciphertext").substring(3, 11);
  }

  @Test
  void everyChangeOfAKeyIsOneLine() {
    try (LogCapture log = new LogCapture()) {
      User user = setup.newUser();
      user.put("provider", "anthropic", "model", "m", "apiKey", "sk-secret-1");
      String kid = kid(user);
      user.put(
          "provider", "openai_compatible", "model", "m", "baseUrl", URL, "apiKey", "sk-secret-2");
      user.put("provider", "openai_compatible", "model", "n", "baseUrl", URL);
      user.put("provider", "openai_compatible", "model", "m", "baseUrl", URL, "apiKey", null);
      user.put("provider", "openai_compatible", "model", "m", "baseUrl", URL, "apiKey", null);
      user.api().delete();
      user.api().delete();
      user.put("provider", "anthropic", "model", "m", "apiKey", "sk-secret-3");
      user.api().delete();
      assertEquals(
          List.of(
              "key_set provider=anthropic origin=- kid=" + kid,
              "key_replaced provider=openai_compatible origin=https://llm.example:8443 kid=" + kid,
              "key_cleared",
              "settings_deleted with_key=0",
              "key_set provider=anthropic origin=- kid=" + kid,
              "settings_deleted with_key=1"),
          lines(log, user));
      assertFalse(log.text().contains("sk-secret"), "no key is in the log");
    }
  }

  @Test
  void whatARequestDidIsFoundByItsId() {
    try (LogCapture log = new LogCapture()) {
      User user = setup.newUser();
      Reply saved = user.put("provider", "anthropic", "model", "m", "apiKey", "sk-1");
      String id = saved.header("x-request-id");
      assertFalse(id.isEmpty());
      // Of the audit, and of the access log.
      TestService.await(
          "both lines are there",
          () -> log.text().lines().filter(line -> line.contains("requestId=" + id)).count() == 2);
      List<String> lines = log.linesWith("requestId=" + id + " ");
      assertTrue(lines.getFirst().contains("event=key_set"), lines::toString);
      assertTrue(lines.getLast().contains("io.carol.llm.access"), lines::toString);
      user.key();
      assertFalse(log.linesWith("event=key_opened").getFirst().contains("requestId="));
    }
  }

  @Test
  void whatIsRefusedIsOneLine() {
    try (LogCapture log = new LogCapture()) {
      User user = setup.newUser();
      user.put("provider", "anthropic", "model", "m", "apiKey", "sk-1");
      Reply moved = user.put("provider", "openai_compatible", "model", "m", "baseUrl", URL);
      assertEquals(422, moved.status());
      assertEquals(2, lines(log, user).size());
      assertEquals("refused reason=key_would_move", lines(log, user).getLast());
      assertEquals(
          412, user.api().send("DELETE", "/api/settings/llm", null, "If-Match", "\"x\"").status());
      assertEquals(3, lines(log, user).size());
      assertEquals("refused reason=precondition_failed", lines(log, user).getLast());
    }
  }

  @ParameterizedTest
  @CsvSource({"'', key_missing", "no key, key_malformed"})
  void aKeyThatCannotBeSealedIsOneLineAndCounted(String encryptionKey, String outcome) {
    try (TestService service = TestService.start(Map.of("carol.encryption.key", encryptionKey));
        LogCapture log = new LogCapture()) {
      int before = unsealed(service, outcome);
      String body = "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-1\"}";
      assertEquals(503, service.as("unsealed").put(body).status());
      List<String> lines = log.linesWith("event=refused ");
      assertEquals(1, lines.size(), lines::toString);
      assertTrue(lines.getFirst().contains("reason=" + outcome), lines::toString);
      assertEquals(before + 1, unsealed(service, outcome));
    }
  }

  /** How often a key could not be sealed for this reason. */
  private static int unsealed(TestService service, String outcome) {
    String series =
        "encryption_key_operations_total{kid=\"-\",operation=\"seal\",outcome=\"" + outcome + "\"";
    return service
        .observe("/observe/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  @Test
  void openingsThatAreAlikeAreCountedAndWrittenDownOnce() {
    try (LogCapture log = new LogCapture()) {
      User user;
      String kid;
      try (Setup own = Setup.start()) {
        user = own.newUser();
        user.put("provider", "openai_compatible", "model", "m", "baseUrl", URL, "apiKey", "sk-1");
        kid = kid(user);
        for (int i = 0; i < 50; i++) {
          assertEquals(Optional.of("sk-1"), user.key());
        }
        assertEquals(2, lines(log, user).size(), "set, and opened once");
        user.put("provider", "openai_compatible", "model", "m", "baseUrl", URL, "apiKey", "sk-2");
        user.edit("base_url = 'https://evil.example/v1'");
        assertFails(Reason.BROKEN, user::key);
        assertEquals(50, opened(kid, "ok"));
        assertEquals(1, opened(kid, "broken"));
        String metrics = own.service().observe("/observe/metrics").body();
        String sealed = "{kid=\"%s\",operation=\"seal\",outcome=\"ok\"} 2.0".formatted(kid);
        assertTrue(metrics.contains("encryption_key_operations_total" + sealed), metrics);
      }
      String opened =
          "key_opened origin=https://llm.example:8443 kid=" + kid + " outcome=ok count=";
      List<String> lines = lines(log, user);
      assertTrue(lines.contains(opened + 1), lines::toString);
      assertTrue(lines.contains(opened + 49), lines::toString);
      assertTrue(
          lines.contains(
              "key_opened origin=https://evil.example kid=" + kid + " outcome=broken count=1"),
          lines::toString);
    }
  }

  @Test
  void noOpeningIsLostWhenItsMinuteEnds() {
    try (LogCapture log = new LogCapture()) {
      Audit audit =
          new Audit(new UserHash(new KeyRingProvider(Config.empty())), new SimpleMeterRegistry());
      Together.run(
          4,
          thread -> {
            for (int i = 0; i < 20_000; i++) {
              audit.opened("often", "", "kid-of-often", "ok");
              if (thread == 0 && i % 100 == 0) {
                // As the end of a minute does.
                audit.close();
              }
            }
            return null;
          });
      audit.close();
      assertEquals(
          80_000,
          log.linesWith("kid=kid-of-often").stream()
              .mapToInt(line -> Integer.parseInt(line.replaceFirst(".* count=(\\d+).*", "$1")))
              .sum());
    }
  }

  /** The request that happens to come when the minute is over has opened no key. */
  @Test
  void countedOpeningsHaveNoRequestId() {
    KeyRingProvider keys = new KeyRingProvider(Config.empty());
    try (LogCapture log = new LogCapture()) {
      Audit audit = new Audit(new UserHash(keys), new SimpleMeterRegistry());
      audit.opened("counted", "", "kid-of-counted", "ok");
      audit.opened("counted", "", "kid-of-counted", "ok");
      try (var _ = MDC.putCloseable("requestId", "of-another-request")) {
        audit.close();
      }
      assertEquals(2, log.linesWith("kid-of-counted").size());
      assertFalse(log.text().contains("of-another-request"), log::text);
    }
  }

  @Test
  void anAddressThatIsNotAllowedAnyMoreIsOneLine() {
    try (LogCapture log = new LogCapture()) {
      User user = setup.newUser();
      user.put("provider", "openai_compatible", "model", "m", "baseUrl", URL, "apiKey", "sk-1");
      user.edit("base_url = 'http://169.254.169.254/'");
      assertThrows(InvalidValueException.class, user::key);
      assertEquals(2, lines(log, user).size());
      assertEquals(
          "key_opened origin=- kid=- outcome=address_not_allowed count=1",
          lines(log, user).getLast());
    }
  }

  /** What the agent's own process counts. */
  private static double opened(String kid, String outcome) {
    return METERS
        .get("encryption.key.operations")
        .tags("kid", kid, "operation", "open", "outcome", outcome)
        .counter()
        .count();
  }
}
