package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The manifests set what {@code application.yaml} reads, all of it and nothing else. */
final class EnvironmentVariablesTest {
  private static final Path SETTINGS = Path.of("src/main/resources/application.yaml");
  private static final Pattern VARIABLE = Pattern.compile("CAROL_[A-Z_]+");

  @Test
  void everySettingIsSetSomewhereAndNoOther() throws IOException {
    assertEquals(
        settings(),
        Overlay.all()
            .flatMap(EnvironmentVariablesTest::variables)
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static Set<String> settings() throws IOException {
    String text = Files.readString(SETTINGS);
    Set<String> settings =
        VARIABLE
            .matcher(text)
            .results()
            .map(MatchResult::group)
            .collect(Collectors.toCollection(TreeSet::new));
    addLeaves("", new YAMLMapper().readTree(text), settings);
    return settings;
  }

  private static void addLeaves(String prefix, JsonNode node, Set<String> names) {
    node.properties()
        .forEach(member -> {
          String name = prefix + member.getKey().toUpperCase(Locale.ROOT);
          if (member.getValue().isObject()) {
            addLeaves(name + "_", member.getValue(), names);
          } else if (!member.getValue().isNull()) {
            names.add(name);
          }
        });
  }

  private static Stream<String> variables(Overlay overlay) {
    Stream<String> inContainers =
        overlay
            .workloads()
            .filter(it ->
                it.labels().path("app.kubernetes.io/name").asString().equals("carol-llm-settings"))
            .flatMap(Overlay.Workload::containers)
            .flatMap(it -> it.path("env").valueStream())
            .map(it -> it.path("name").asString());
    Stream<String> inConfigMaps =
        overlay
            .ofKind("ConfigMap")
            .filter(it -> !it.at("/metadata/labels").has("grafana_dashboard"))
            .flatMap(it -> it.path("data").propertyNames().stream());
    return Stream.concat(inContainers, inConfigMaps);
  }
}
