package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a log collector gets from the packed jar with {@code CAROL_LOG_FORMAT=json}. */
final class JsonLogIT {
  @Test
  void evenWhyItDoesNotStartIsALineLikeAllOthers() throws Exception {
    Map<String, String> configuration = TestService.configuration("nowhere", Map.of());
    configuration.remove("carol.database.url");
    configuration.put("carol.log.format", "json");
    try (ServiceProcess failing = ServiceProcess.start(configuration)) {
      assertEquals(78, failing.exitCode());
      List<JsonNode> lines = lines(failing);
      assertEquals(1, lines.size(), failing::err);
      JsonNode line = lines.getFirst();
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

  /** Everything a process printed: each line must be an object with time, level and logger. */
  private static List<JsonNode> lines(ServiceProcess process) {
    List<JsonNode> lines =
        (process.out() + process.err())
            .lines()
            .map(line -> new JsonMapper().readTree(line))
            .toList();
    for (JsonNode line : lines) {
      for (String member : List.of("time", "level", "logger")) {
        assertTrue(line.path(member).isString(), line::toString);
      }
    }
    return lines;
  }
}
