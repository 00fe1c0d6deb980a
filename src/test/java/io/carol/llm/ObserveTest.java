package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Probes and metrics, on their own port and there only. */
final class ObserveTest {
  @ParameterizedTest
  @CsvSource({"live", "started"})
  void aProbeThatAsksNothingOfOthersIsUp(String probe) {
    try (TestService service = TestService.start()) {
      Reply up = service.observe("/observe/health/" + probe);
      assertEquals(200, up.status());
      assertEquals("{\"status\":\"UP\",\"checks\":[]}", up.body());
    }
  }

  @Test
  void readinessTellsTheStatesOfDatabaseAndKey() {
    try (TestService service = TestService.start()) {
      Reply ready = service.observe("/observe/health/ready");
      assertEquals(200, ready.status());
      assertTrue(ready.body().contains("\"database\",\"status\":\"UP\""), ready.body());
      awaitKeyState(service, "ok");
    }
  }

  @ParameterizedTest
  @CsvSource({"ok", "missing", "malformed"})
  void theStateOfTheKeyIsMeasured(String state) {
    String key =
        switch (state) {
          case "ok" -> Secrets.encryptionKey();
          case "missing" -> "";
          default -> "no key";
        };
    try (TestService service = TestService.start(Map.of("carol.encryption.key", key))) {
      awaitKeyState(service, state);
      String metrics = service.observe("/observe/metrics").body();
      for (String possible : new String[] {"ok", "missing", "malformed"}) {
        String line =
            "encryption_key_state{state=\""
                + possible
                + "\"} "
                + (possible.equals(state) ? "1.0" : "0.0");
        assertTrue(metrics.contains(line), line);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"missing", "malformed", "foreign"})
  void aReplicaWithoutTheRightKeyIsNotReadyWhereThatIsRequired(String state) {
    String database = TestService.newDatabase();
    Map<String, String> right = Map.of("carol.encryption.key", Secrets.encryptionKey());
    try (TestService service = TestService.start(database, right)) {
      awaitKeyState(service, "ok");
    }
    String key =
        switch (state) {
          case "missing" -> "";
          case "malformed" -> "no key";
          default -> Secrets.encryptionKey();
        };
    try (TestService service = TestService.start(database, Map.of("carol.encryption.key", key))) {
      awaitKeyState(service, state);
      assertEquals(200, service.observe("/observe/health/ready").status());
    }
    Map<String, String> required =
        Map.of("carol.encryption.key", key, "carol.readiness.requires.key", "true");
    try (TestService service = TestService.launch(TestService.postgres(), database, required)) {
      awaitKeyState(service, state);
      assertEquals(503, service.observe("/observe/health/ready").status());
      assertEquals(200, service.observe("/observe/health/live").status());
    }
  }

  @Test
  void requestsPoolAndJvmAreMeasured() {
    try (TestService service = TestService.start()) {
      assertEquals(404, service.as("measured").get().status());
      String metrics = service.observe("/observe/metrics").body();
      assertTrue(
          metrics.contains(
              "http_server_requests_seconds_count{method=\"GET\",route=\"/api/settings/llm\","
                  + "status=\"404\"}"),
          metrics);
      for (String name :
          new String[] {
            "database_pool_connections{",
            "database_pool_waiting ",
            "jvm_memory_used_bytes{",
            "jvm_threads_live_threads ",
            "process_uptime_seconds ",
            "process_files_open_files "
          }) {
        assertTrue(metrics.contains("\n" + name), name);
      }
    }
  }

  @Test
  void pathsThatClientsMakeUpAddNoSeries() {
    try (TestService service = TestService.start()) {
      long before = series(service);
      IntStream.range(0, 200).forEach(i -> service.anonymous().send("GET", "/made-up-" + i, null));
      assertFalse(series(service) > before + 100, "a few series for all of them");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api", "/openapi", "/"})
  void theObservePortHasNothingElse(String path) {
    try (TestService service = TestService.start()) {
      assertEquals(404, service.observe(path).status());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/observe/health/ready", "/observe/health", "/observe/metrics"})
  void theApiPortHasNoProbesAndNoMetrics(String path) {
    try (TestService service = TestService.start()) {
      assertEquals(404, service.anonymous().send("GET", path, null).status());
    }
  }

  private static void awaitKeyState(TestService service, String state) {
    TestService.await(
        "the key is found to be " + state,
        () ->
            service
                .observe("/observe/health/ready")
                .body()
                .matches(".*\"encryption-key\"[^}]*\"state\":\"" + state + "\".*"));
  }

  private static long series(TestService service) {
    return service
        .observe("/observe/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("http_server_requests"))
        .count();
  }
}
