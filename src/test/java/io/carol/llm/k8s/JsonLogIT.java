package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a log collector gets from the packed jar with {@code CAROL_LOG_FORMAT=json}. */
@TestInstance(Lifecycle.PER_CLASS)
final class JsonLogIT {
  private ServiceProcess service;

  @BeforeAll
  void start() throws InterruptedException {
    service =
        ServiceProcess.start(
            TestService.configuration(
                TestService.newDatabase(), Map.of("carol.log.format", "json")));
    service.awaitReady();
  }

  @AfterAll
  void everyLineIsAnObjectWithTimeLevelAndLogger() {
    List<JsonNode> lines = lines(service);
    service.close();
    assertFalse(lines.isEmpty());
    lines.forEach(line -> {
      assertEquals(true, line.path("time").isString(), line.toString());
      assertEquals(true, line.path("level").isString(), line.toString());
      assertEquals(true, line.path("logger").isString(), line.toString());
    });
  }

  @Test
  void aRequestIsLoggedInFields() throws Exception {
    new Api(service.port(), null).get("X-Request-Id", "some-id");
    TestService.await("it is logged", () -> service.err().contains("\"requestId\":\"some-id\""));
    JsonNode line =
        lines(service).stream()
            .filter(each -> each.path("requestId").asString().equals("some-id"))
            .findFirst()
            .orElseThrow();
    assertEquals("GET", line.path("method").asString());
    assertEquals("/api/settings/llm", line.path("route").asString());
    assertEquals(401, line.path("status").asInt());
    assertEquals(true, line.path("duration_ms").isNumber(), line.toString());
  }

  @Test
  void evenWhyItDoesNotStartIsALineLikeAllOthers() throws Exception {
    Map<String, String> configuration = TestService.configuration("nowhere", Map.of());
    configuration.remove("carol.database.url");
    configuration.put("carol.log.format", "json");
    try (ServiceProcess failing = ServiceProcess.start(configuration)) {
      assertEquals(78, failing.exitCode());
      JsonNode line = new JsonMapper().readTree(failing.err());
      assertEquals("ERROR", line.path("level").asString());
      assertEquals(true, line.path("message").asString().contains("CAROL_DATABASE_URL"));
    }
  }

  @Test
  void whatAMigrationSaysIsALineLikeAllOthers() throws Exception {
    Map<String, String> configuration =
        TestService.configuration(TestService.newDatabase(), Map.of("carol.log.format", "json"));
    try (ServiceProcess migration = ServiceProcess.start(configuration, "migrate")) {
      assertEquals(0, migration.exitCode());
      List<JsonNode> lines = lines(migration);
      assertEquals(2, lines.size(), migration::err);
      assertTrue(
          lines.getLast().path("message").asString().startsWith("The tables are up to date"),
          migration::err);
    }
  }

  private static List<JsonNode> lines(ServiceProcess process) {
    return (process.out() + process.err())
        .lines()
        .map(line -> new JsonMapper().readTree(line))
        .toList();
  }
}
