package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.keys.KeyState;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Probes and metrics, on their own port and there only. */
final class ObserveTest {
  @AutoClose private static final TestService service = TestService.start();

  @ParameterizedTest
  @ValueSource(strings = {"live", "started"})
  void aProbeThatAsksNothingElseIsUp(String probe) {
    Reply up = service.observe("/observe/health/" + probe);
    assertEquals(200, up.status());
    assertEquals("{\"status\":\"UP\",\"checks\":[]}", up.body());
  }

  @Test
  void readinessTellsTheStateOfEachPart() {
    awaitKey(service, "ok");
    Reply ready = service.observe("/observe/health/ready");
    assertEquals(200, ready.status());
    assertEquals(
        "{\"status\":\"UP\",\"checks\":["
            + "{\"name\":\"traffic\",\"status\":\"UP\",\"data\":{\"state\":\"accepted\"}},"
            + "{\"name\":\"database\",\"status\":\"UP\",\"data\":{\"state\":\"ok\"}},"
            + "{\"name\":\"identity-provider\",\"status\":\"UP\",\"data\":{\"state\":\"ok\"}},"
            + "{\"name\":\"encryption-key\",\"status\":\"UP\",\"data\":{\"state\":\"ok\"}}]}",
        ready.body());
  }

  /** KeyRegistryTest has every state. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReplicaWithoutTheRightKeyIsNotReadyWhereThatIsRequired(boolean required) {
    Map<String, String> overrides =
        Map.of(
            "carol.encryption.key",
            "no key",
            "carol.readiness.requires.key",
            String.valueOf(required));
    try (TestService other =
        TestService.launch(TestService.postgres(), TestService.migratedDatabase(), overrides)) {
      awaitKey(other, "malformed");
      String check = "\"encryption-key\",\"status\":\"%s\"".formatted(required ? "DOWN" : "UP");
      TestService.await(
          "the key decides alone",
          () -> {
            Reply ready = other.observe("/observe/health/ready");
            return ready.status() == (required ? 503 : 200) && ready.body().contains(check);
          });
      assertEquals(200, other.observe("/observe/health/live").status());
      String metrics = other.observe("/observe/metrics").body();
      for (KeyState state : KeyState.values()) {
        String line =
            "encryption_key_state{state=\"%s\"} %s"
                .formatted(
                    state.name().toLowerCase(Locale.ROOT),
                    state == KeyState.MALFORMED ? "1.0" : "0.0");
        assertTrue(metrics.contains(line), line);
      }
    }
  }

  @Test
  void requestsConnectionsProcessAndBuildAreMeasured() {
    assertEquals(404, service.as("measured").get().status());
    String metrics = service.observe("/observe/metrics").body();
    for (String line :
        List.of(
            "http_server_requests_seconds_count{method=\"GET\",route=\"/api/settings/llm\","
                + "status=\"404\"} ",
            "hikaricp_connections_active ",
            "hikaricp_connections_idle ",
            "hikaricp_connections_max 10.0",
            "hikaricp_connections_pending 0.0",
            "database_failures_total{reason=\"unreachable\"} ",
            "identity_provider_keys_age_seconds ",
            "http_tokens_refused_total{reason=\"expired\"} ",
            "jvm_memory_used_bytes{area=\"heap\"} ",
            "jvm_gc_collection_seconds_count{gc=",
            "jvm_threads_current ",
            "process_cpu_seconds_total ",
            "process_resident_memory_bytes ",
            "process_open_fds ",
            "process_max_fds ",
            "process_start_time_seconds ",
            "carol_llm_settings_build_info{commit=\"unknown\",version=\"development\"} 1")) {
      assertTrue(metrics.contains("\n" + line), line + " in\n" + metrics);
    }
    assertFalse(metrics.contains("scope="), metrics);
  }

  /** JarIT has the version and the commit of a jar. */
  @Test
  void theObservePortSaysWhichVersionAndCommitAnswers() {
    Reply info = service.observe("/observe/info");
    assertEquals(200, info.status());
    assertEquals("development", info.text("version"));
    assertEquals("unknown", info.text("commit"));
  }

  @Test
  void aServiceMeasuresItselfAndNoOtherOfTheSameProcess() {
    assertEquals(404, service.as("measured").get().status());
    try (TestService other = TestService.start()) {
      assertFalse(other.observe("/observe/metrics").body().contains("route=\"/api/settings/llm\""));
    }
  }

  @Test
  void pathsThatClientsMakeUpAddNoSeries() {
    for (int i = 0; i < 3; i++) {
      service.anonymous().send("GET", "/made-up-" + i, null);
    }
    String metrics = service.observe("/observe/metrics").body();
    assertTrue(metrics.contains("route=\"-\""), metrics);
    assertFalse(metrics.contains("made-up"), metrics);
  }

  /** Polls, because the probe says what was found last and looks again in the background. */
  private static void awaitKey(TestService service, String state) {
    Pattern check = Pattern.compile("\"encryption-key\"[^}]*\"state\":\"" + state + "\"");
    TestService.await(
        "the key is found to be " + state,
        () -> check.matcher(service.observe("/observe/health/ready").body()).find());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api", "/openapi", "/"})
  void theObservePortHasNothingElse(String path) {
    assertEquals(404, service.observe(path).status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/observe/health/ready", "/observe/health", "/observe/metrics"})
  void theApiPortHasNoProbesAndNoMetrics(String path) {
    assertEquals(404, service.anonymous().send("GET", path, null).status());
  }
}
