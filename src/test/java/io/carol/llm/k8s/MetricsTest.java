package io.carol.llm.k8s;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.Outcome;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.TestService;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Alerts and dashboard ask for metrics and labels that a replica under traffic really has. */
@TestInstance(Lifecycle.PER_CLASS)
final class MetricsTest {
  private static final Path RUNBOOK = Path.of("k8s/components/monitoring/README.md");
  private static final String RUNBOOK_URL =
      "https://git.example/carol-llm-settings/" + RUNBOOK + "#";

  /** Prometheus itself adds these. */
  private static final Set<String> LABELS_OF_THE_SCRAPE = Set.of("job", "namespace", "pod");

  private static final Set<String> PROMQL =
      Set.of(
          ("sum max min count by on and rate increase changes absent min_over_time "
                  + "histogram_quantile label_values")
              .split(" ", -1));

  private static final Pattern SERIES = Pattern.compile("(?m)^([a-zA-Z_]+)(?:\\{(.*)})? ");
  private static final Pattern SELECTED = Pattern.compile("([a-zA-Z_]+)\\{([^}]*)}");
  private static final Pattern GROUPED =
      Pattern.compile("(?:by|on) \\(([^)]*)\\)|, (namespace)\\)$");
  private static final Pattern LABEL = Pattern.compile("([a-z]+)(?:=~|!~|!=|=)\"");
  private static final Pattern WORD = Pattern.compile("[a-zA-Z_]{2,}");

  /** No provider is there. */
  private static final String CHECKED =
      """
      {"provider":"openai_compatible","model":"m","baseUrl":"http://localhost:1","apiKey":null}
      """;

  private final Map<String, Set<String>> labelsByMetric = new HashMap<>();

  @BeforeAll
  void scrape() {
    try (TestService service = TestService.start()) {
      Api anna = service.as("anna");
      assertEquals(
          201,
          anna.put("{\"provider\":\"anthropic\",\"model\":\"claude\",\"apiKey\":\"sk-1\"}")
              .status());
      assertEquals(200, anna.get().status());
      assertEquals(200, anna.send("POST", Api.PATH + "/check", CHECKED.getBytes(UTF_8)).status());
      SERIES
          .matcher(service.observe("/observe/metrics").body() + metricsOfAnAgent(service))
          .results()
          .forEach(series -> {
            Set<String> labels =
                labelsByMetric.computeIfAbsent(series.group(1), name -> new HashSet<>());
            LABEL
                .matcher(Objects.requireNonNullElse(series.group(2), ""))
                .results()
                .forEach(label -> labels.add(label.group(1)));
          });
    }
  }

  /** The agent counts in its own process, in Micrometer's global registry. */
  private static String metricsOfAnAgent(TestService service) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Metrics.addRegistry(registry);
    try (LlmSettingsService agent = TestService.agent(service.config())) {
      agent.report(agent.getDecryptedLlmSettings("anna"), Outcome.ACCEPTED);
      return registry.scrape();
    } finally {
      Metrics.removeRegistry(registry);
    }
  }

  @Test
  void alertsUseWhatIsMeasured() {
    List<JsonNode> alerts =
        rules()
            .flatMap(rule -> rule.at("/spec/groups").valueStream())
            .flatMap(group -> group.path("rules").valueStream())
            .toList();
    assertFalse(alerts.isEmpty());
    alerts.forEach(alert -> check(alert.path("expr").asString()));
  }

  @Test
  void everyAlertSaysHowBadItIsAndWhatToDo() {
    rules()
        .flatMap(rule -> rule.at("/spec/groups/0/rules").valueStream())
        .forEach(alert -> {
          String severity = alert.at("/labels/severity").asString();
          assertTrue(Set.of("critical", "warning").contains(severity), severity);
          assertFalse(alert.at("/annotations/summary").asString().isEmpty());
          assertFalse(alert.at("/annotations/description").asString().isEmpty());
        });
  }

  @Test
  void theRunbookHasAHeadingForEveryAlertAndNoOther() throws IOException {
    List<String> headings =
        Files.readAllLines(RUNBOOK).stream()
            .filter(line -> line.startsWith("## "))
            .map(line -> RUNBOOK_URL + line.substring(3).toLowerCase(Locale.ROOT))
            .toList();
    List<String> addresses =
        rules()
            .flatMap(rule -> rule.at("/spec/groups/0/rules").valueStream())
            .map(alert -> alert.at("/annotations/runbook_url").asString())
            .toList();
    assertEquals(addresses.stream().sorted().toList(), headings.stream().sorted().toList());
  }

  @Test
  void theDashboardUsesWhatIsMeasured() {
    JsonNode dashboard =
        Overlay.named("production")
            .ofKind("ConfigMap")
            .filter(it -> Overlay.name(it).equals("carol-llm-settings-dashboard"))
            .map(it -> new JsonMapper().readTree(it.path("data").path("dashboard.json").asString()))
            .findFirst()
            .orElseThrow();
    List<String> queries =
        Stream.concat(
                dashboard
                    .path("panels")
                    .valueStream()
                    .flatMap(panel -> panel.path("targets").valueStream())
                    .map(target -> target.path("expr").asString()),
                dashboard
                    .at("/templating/list")
                    .valueStream()
                    .filter(variable -> variable.path("type").asString().equals("query"))
                    .map(variable -> variable.path("query").asString()))
            .toList();
    assertTrue(queries.size() > 8, "one query a panel at least");
    queries.forEach(this::check);
  }

  private static Stream<JsonNode> rules() {
    return Overlay.named("production").ofKind("PrometheusRule");
  }

  /** Holds metric names, selected and grouped labels against the scrape. */
  private void check(String query) {
    Set<String> labels = new HashSet<>(LABELS_OF_THE_SCRAPE);
    SELECTED
        .matcher(query)
        .results()
        .forEach(selected -> {
          Set<String> known = labelsByMetric.get(selected.group(1));
          assertNotNull(known, selected.group(1) + " is not measured: " + query);
          labels.addAll(known);
          LABEL
              .matcher(selected.group(2))
              .results()
              .map(label -> label.group(1))
              .filter(label -> !LABELS_OF_THE_SCRAPE.contains(label))
              .forEach(
                  label -> assertTrue(known.contains(label), label + " is no label: " + query));
        });
    GROUPED
        .matcher(query)
        .results()
        .flatMap(grouped -> WORD.matcher(grouped.group()).results().map(MatchResult::group))
        .filter(word -> !Set.of("by", "on").contains(word))
        .forEach(label -> assertTrue(labels.contains(label), label + " is no label: " + query));
    String rest =
        query
            .replaceAll(SELECTED.pattern(), "")
            .replaceAll(GROUPED.pattern(), "")
            .replaceAll("\\[[^]]*]", "");
    WORD.matcher(rest)
        .results()
        .map(MatchResult::group)
        .forEach(word -> assertTrue(PROMQL.contains(word), word + " has no selector: " + query));
  }
}
