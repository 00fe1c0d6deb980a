package io.carol.llm.k8s;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.DebianPackage;
import io.carol.llm.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Metrics and alerts as Prometheus' own checker judges them. */
@Tag("faults")
final class PromtoolTest {
  @TempDir private Path folder;

  @Test
  void metricsFollowTheConventions() throws Exception {
    try (TestService service = TestService.start()) {
      service.anonymous().get();
      service.as("ada").put("{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-ant-1\"}");
      Path metrics =
          Files.writeString(folder.resolve("metrics"), service.observe("/observe/metrics").body());
      assertEquals("", promtool(metrics, "check", "metrics"));
    }
  }

  @Test
  void alertsAreValid() throws Exception {
    Path rules =
        Files.writeString(
            folder.resolve("rules.yaml"),
            new JsonMapper()
                .writeValueAsString(
                    Overlay.named("production")
                        .ofKind("PrometheusRule")
                        .findFirst()
                        .orElseThrow()
                        .path("spec")));
    String said = promtool(Path.of("/dev/null"), "check", "rules", rules.toString());
    assertEquals(1, said.lines().filter(line -> line.contains("SUCCESS")).count(), said);
  }

  /** What it says to this input; it has to exit with 0. */
  private String promtool(Path input, String... arguments) throws Exception {
    Path program = DebianPackage.program("promtool", "prometheus");
    Path output = folder.resolve("output");
    List<String> command = new ArrayList<>(List.of(arguments));
    command.addFirst(program.toString());
    Process process =
        new ProcessBuilder(command)
            .redirectInput(input.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertEquals(true, process.waitFor(60, TimeUnit.SECONDS), "promtool ends");
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(output, UTF_8);
    assertEquals(0, process.exitValue(), said);
    return said;
  }
}
