package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Command;
import io.carol.llm.testing.DebianPackage;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

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
    String output = promtool(Path.of("/dev/null"), "check", "rules", rules().toString());
    assertEquals(1, output.lines().filter(line -> line.contains("SUCCESS")).count(), output);
  }

  /** A minute has four samples. Replicas' probes fail every 2 s while the database is away. */
  @Test
  void theDatabaseAlertsWithoutTrafficAndFewFailedRequestsDoNot() throws Exception {
    String labels = "job=\"carol-llm-settings\",namespace=\"llm\",pod=\"a\"";
    String requests =
        "http_server_requests_seconds_count{%s,route=\"/x\",status=".formatted(labels);
    assertRulesPass(
        """
          - interval: 15s
            input_series:
              - series: 'database_failures_total{%1$s,reason="busy"}'
                values: 0+7x100
              - series: 'database_failures_total{%1$s,reason="unreachable"}'
                values: 0x20 0+7x40 280x40
            alert_rule_test:
              - {alertname: CarolLlmSettingsDatabase, eval_time: 5m}
              - alertname: CarolLlmSettingsDatabase
                eval_time: 8m
                exp_alerts:
                  - exp_labels: {namespace: llm, reason: unreachable, severity: critical}
                    exp_annotations: %3$s
              - {alertname: CarolLlmSettingsDatabase, eval_time: 20m}
          - interval: 15s
            input_series:
              - series: '%2$s"200"}'
                values: 0+1x60
              - series: '%2$s"503"}'
                values: 0x10 1 2 3x50
              - series: '%2$s"505"}'
                values: 0+1x60
            alert_rule_test:
              - {alertname: CarolLlmSettingsFailing, eval_time: 5m}
              - {alertname: CarolLlmSettingsFailing, eval_time: 8m}
              - {alertname: CarolLlmSettingsFailing, eval_time: 14m}
        """
            .formatted(labels, requests, annotations("CarolLlmSettingsDatabase")));
  }

  @Test
  void aKeyThatDoesNotOpenAlertsAndAnAddressThatIsNotAllowedDoesNot() throws Exception {
    String opened = "encryption_key_operations_total{namespace=\"llm\",operation=\"open\",";
    assertRulesPass(
        """
          - interval: 15s
            input_series:
              - {series: '%1$skid="-",outcome="address_not_allowed"}', values: 0+1x60}
              - {series: '%1$skid="0a1b2c3d",outcome="key_unknown"}', values: 0+1x60}
            alert_rule_test:
              - alertname: CarolLlmSettingsKeysDoNotOpen
                eval_time: 12m
                exp_alerts:
                  - exp_labels: {namespace: llm, kid: 0a1b2c3d, outcome: key_unknown, severity: critical}
                    exp_annotations: %2$s
        """
            .formatted(opened, annotations("CarolLlmSettingsKeysDoNotOpen")));
  }

  /**
   * @param tests the list of rule tests, in YAML
   */
  private void assertRulesPass(String tests) throws Exception {
    rules();
    String head = "rule_files: [rules.yaml]\nevaluation_interval: 15s\ntests:\n";
    Path file = Files.writeString(folder.resolve("tests.yaml"), head + tests);
    promtool(Path.of("/dev/null"), "test", "rules", file.toString());
  }

  private static String annotations(String alert) {
    return spec()
        .at("/groups/0/rules")
        .valueStream()
        .filter(rule -> rule.path("alert").asString().equals(alert))
        .map(rule -> rule.path("annotations").toString())
        .findFirst()
        .orElseThrow()
        .replace("{{ $labels.reason }}", "unreachable");
  }

  private Path rules() throws IOException {
    return Files.writeString(folder.resolve("rules.yaml"), spec().toString());
  }

  private static JsonNode spec() {
    return Overlay.named("production")
        .ofKind("PrometheusRule")
        .findFirst()
        .orElseThrow()
        .path("spec");
  }

  /** What it writes about this input; it has to exit with 0. */
  private String promtool(Path input, String... arguments) throws Exception {
    Path program = DebianPackage.program("promtool", "prometheus");
    List<String> command = new ArrayList<>(List.of(arguments));
    command.addFirst(program.toString());
    Command ended = Command.run(new ProcessBuilder(command).redirectInput(input.toFile()));
    String output = ended.out() + ended.err();
    assertEquals(0, ended.exitCode(), output);
    return output;
  }
}
