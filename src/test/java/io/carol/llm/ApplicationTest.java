package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.ConfigurationException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the service starts and stops. */
final class ApplicationTest {
  @ParameterizedTest
  @CsvSource({"carol.port, CAROL_PORT", "carol.observe.port, CAROL_OBSERVE_PORT"})
  void aPortThatIsTakenIsToldByTheVariableToChange(String key, String variable) throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = String.valueOf(taken.getLocalPort());
      String message =
          String.valueOf(
              assertThrows(ConfigurationException.class, () -> start(Map.of(key, port)))
                  .getMessage());
      assertTrue(
          message.startsWith(variable + ": port " + port + " cannot be listened on"), message);
      assertTrue(message.endsWith(". Choose another port"), message);
      assertFalse(message.contains("\n"), message);
    }
  }

  @Test
  void aStartThatFailsLeavesNothingRunning() {
    long before = threadsOfTheService();
    assertThrows(
        RuntimeException.class,
        () -> start(Map.of("carol.auth.jwks", "", "carol.auth.ca.file", "/nowhere/ca.pem")));
    TestService.await("no thread is left", () -> threadsOfTheService() <= before);
  }

  @Test
  void aServiceThatIsClosedLeavesNothingRunning() {
    long before = threadsOfTheService();
    try (TestService service = TestService.start()) {
      assertTrue(threadsOfTheService() > before);
      service.awaitReady();
    }
    TestService.await("no thread is left", () -> threadsOfTheService() <= before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void itListensOnIpv4AndIpv6(String address) throws IOException {
    try (TestService service = TestService.start();
        RawHttp raw = new RawHttp(new Socket(address, service.port()))) {
      raw.send("GET /api/settings/llm HTTP/1.1\r\nHost: a\r\n\r\n");
      assertEquals(401, raw.read().status());
    }
  }

  @Test
  void anEncryptionKeyThatCannotBeUsedIsLoggedBeforeAnyProbeOrRequest() {
    try (LogCapture log = new LogCapture();
        TestService _ =
            TestService.launch(
                TestService.postgres(),
                TestService.newDatabase(),
                Map.of("carol.encryption.key", "abc"))) {
      log.linesWith("CAROL_ENCRYPTION_KEY is not an encryption key");
    }
  }

  @Test
  void anEncryptionKeyOfAnotherDatabaseIsLoggedBeforeAnyProbeOrRequest() {
    String database = TestService.newDatabase();
    try (TestService first =
        TestService.start(database, Map.of("carol.encryption.key", Secrets.encryptionKey()))) {
      first
          .as("user-1")
          .put("{\"provider\": \"anthropic\", \"model\": \"m\", \"apiKey\": \"sk-ant-1\"}");
    }
    String foreign = Secrets.encryptionKey();
    try (LogCapture log = new LogCapture();
        TestService _ =
            TestService.launch(
                TestService.postgres(), database, Map.of("carol.encryption.key", foreign))) {
      log.linesWith(
          EncryptionKey.parse("test", foreign).kid() + " is not one of this database's keys");
    }
  }

  @Test
  void servicesOfOneProcessDoNotShareMeters() {
    String series = "http_server_requests_seconds_count{method=\"GET\",route=\"/openapi\"";
    try (TestService used = TestService.start();
        TestService other = TestService.start()) {
      used.anonymous().send("GET", "/openapi", null);
      assertTrue(used.observe("/observe/metrics").body().contains(series));
      assertFalse(other.observe("/observe/metrics").body().contains(series));
    }
  }

  private static void start(Map<String, String> overrides) {
    Map<String, String> values = new HashMap<>(overrides);
    Application.start(TestService.config(TestService.newDatabase(), values)).close();
  }

  private static long threadsOfTheService() {
    List<String> names =
        List.of("carol-llm", "schema-upkeep", "key-upkeep", "key-count", "server-");
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> names.stream().anyMatch(thread.getName()::startsWith))
        .count();
  }
}
