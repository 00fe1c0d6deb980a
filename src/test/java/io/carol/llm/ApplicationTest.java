package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the service starts and stops. */
final class ApplicationTest {
  private static final List<String> SERVICE_THREADS =
      List.of("carol-llm", "startup", "identity-provider", "server-");

  @TempDir private Path folder;
  private int dumps;

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
    Set<String> before = threadsOfServices(Set.of());
    assertThrows(
        RuntimeException.class,
        () -> start(Map.of("carol.auth.jwks", "", "carol.auth.ca.file", "/nowhere/ca.pem")));
    TestService.await("no thread is left", () -> threadsOfServices(before).isEmpty());
  }

  @Test
  void aServiceThatIsClosedLeavesNothingRunning() {
    Set<String> before = threadsOfServices(Set.of());
    // The second one goes on trying to migrate a database that is not there.
    try (TestService ready = TestService.start();
        TestService _ = TestService.launch(TestService.postgres(), "no_such_database", Map.of())) {
      ready.awaitReady();
      Set<String> running = threadsOfServices(before);
      for (String name : SERVICE_THREADS) {
        assertTrue(running.stream().anyMatch(thread -> thread.contains(name)), name);
      }
    }
    TestService.await("no thread is left", () -> threadsOfServices(before).isEmpty());
  }

  @Test
  void itStartsWhereNumbersAreWrittenWithOtherDigits() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("fa-IR"));
    try (TestService service = TestService.start()) {
      assertEquals(200, service.observe("/observe/health/ready").status());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void itListensOnIpv4AndIpv6() throws IOException {
    try (TestService service = TestService.start()) {
      for (String address : List.of("127.0.0.1", "::1")) {
        try (RawHttp raw = new RawHttp(new Socket(address, service.port()))) {
          raw.send("GET /api/settings/llm HTTP/1.1\r\nHost: a\r\n\r\n");
          assertEquals(401, raw.read().status());
        }
      }
    }
  }

  @Test
  void anEncryptionKeyThatCannotBeUsedIsLoggedBeforeAnyProbeOrRequest() {
    try (LogCapture log = new LogCapture();
        TestService _ =
            TestService.launch(
                TestService.postgres(),
                TestService.migratedDatabase(),
                Map.of("carol.encryption.key", "abc"))) {
      log.linesWith("CAROL_ENCRYPTION_KEY is not an encryption key");
    }
  }

  @Test
  void anEncryptionKeyOfAnotherDatabaseIsLoggedBeforeAnyProbeOrRequest() {
    String database = TestService.migratedDatabase();
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

  private static void start(Map<String, String> overrides) {
    Map<String, String> values = new HashMap<>(overrides);
    Application.start(TestService.config(TestService.migratedDatabase(), values)).close();
  }

  /** Threads of services that were not there before, by number and name, virtual ones included. */
  private Set<String> threadsOfServices(Set<String> before) {
    Path dump = folder.resolve("threads-" + dumps++);
    try {
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpThreads(dump.toString(), ThreadDumpFormat.TEXT_PLAIN);
      return Files.readAllLines(dump).stream()
          .filter(line -> SERVICE_THREADS.stream().anyMatch(name -> line.contains(" \"" + name)))
          .map(line -> line.substring(0, line.lastIndexOf('"')))
          .filter(thread -> !before.contains(thread))
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
