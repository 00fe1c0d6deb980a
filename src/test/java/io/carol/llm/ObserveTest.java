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
      assertTrue(ready.body().contains("\"data\":{\"state\":\"ok\"}"), ready.body());
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
      assertTrue(service.observe("/observe/health/ready").body().contains("\"" + state + "\""));
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
    TestService.start(database, Map.of("carol.encryption.key", Secrets.encryptionKey())).close();
    String key =
        switch (state) {
          case "missing" -> "";
          case "malformed" -> "no key";
          default -> Secrets.encryptionKey();
        };
    try (TestService service = TestService.start(database, Map.of("carol.encryption.key", key))) {
      Reply told = service.observe("/observe/health/ready");
      assertEquals(200, told.status());
      assertTrue(told.body().contains("\"state\":\"" + state + "\""), told.body());
    }
    Map<String, String> required =
        Map.of("carol.encryption.key", key, "carol.readiness.requires.key", "true");
    try (TestService service = TestService.launch(TestService.postgres(), database, required)) {
      TestService.await(
          "the key is found to be " + state,
          () -> service.observe("/observe/health/ready").body().contains("\"" + state + "\""));
      assertEquals(503, service.observe("/observe/health/ready").status());
      assertEquals(200, service.observe("/observe/health/live").status());
    }
  }

  @Test
  void whatIsSealedWithWhichKeyIsMeasured() {
    String database = TestService.newDatabase();
    Map<String, String> key = Map.of("carol.encryption.key", Secrets.encryptionKey());
    String kid;
    try (TestService service = TestService.start(database, key)) {
      String body = "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-1\"}";
      assertEquals(201, service.as("measured").put(body).status());
      kid = service.sqlValue("SELECT substr(api_key_ciphertext, 4, 8) FROM user_llm_credentials");
      TestService.await(
          "the database was told",
          () -> service.sqlValue("SELECT seals FROM llm_encryption_keys").equals("1"));
    }
    try (TestService service = TestService.start(database, key)) {
      for (String name : new String[] {"encryption_key_rows", "encryption_key_seals"}) {
        String line = name + "{kid=\"" + kid + "\"} 1.0\n";
        TestService.await(line, () -> service.observe("/observe/metrics").body().contains(line));
      }
    }
  }

  @Test
  void aReplicaSaysWhatItSealsWithAlsoWhileItCountsManyRows() {
    String database = TestService.newDatabase();
    Map<String, String> key = Map.of("carol.encryption.key", Secrets.encryptionKey());
    try (TestService service = TestService.start(database, key)) {
      TestService.await(
          "the key is listed",
          () -> service.sqlValue("SELECT count(*) FROM llm_encryption_keys").equals("1"));
      service.sql(
          "INSERT INTO users (id) SELECT CAST(g AS text) FROM generate_series(1, 10000) g;"
              + " INSERT INTO user_llm_credentials (user_id, provider, model, api_key_ciphertext)"
              + " SELECT id, 'anthropic', 'm', 'v1.00000000.' || repeat('A', 43) FROM users;"
              + " ALTER TABLE user_llm_credentials RENAME TO quick;"
              + " CREATE VIEW user_llm_credentials AS"
              + " SELECT quick.* FROM quick, (SELECT pg_sleep(0.5)) AS slow");
    }
    try (TestService service = TestService.start(database, key)) {
      String said = "SELECT sealing_at FROM llm_encryption_keys";
      for (int times = 0; times < 2; times++) {
        String before = service.sqlValue(said);
        TestService.await("it is said again", () -> !service.sqlValue(said).equals(before));
      }
      assertFalse(service.observe("/observe/metrics").body().contains("encryption_key_rows{"));
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

  private static long series(TestService service) {
    return service
        .observe("/observe/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("http_server_requests"))
        .count();
  }
}
