package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The manifests set no variable that the service does not read. */
final class EnvironmentVariablesTest {
  private static final Path SETTINGS = Path.of("src/main/resources/application.yaml");
  private static final Pattern VARIABLE = Pattern.compile("CAROL_[A-Z_]+");

  @ParameterizedTest
  @MethodSource("io.carol.llm.k8s.Overlay#all")
  void everyVariableOfTheManifestsIsASetting(Overlay overlay) throws IOException {
    Set<String> settings =
        VARIABLE
            .matcher(Files.readString(SETTINGS))
            .results()
            .map(MatchResult::group)
            .collect(Collectors.toSet());
    assertEquals(List.of(), variables(overlay).filter(it -> !settings.contains(it)).toList());
  }

  private static Stream<String> variables(Overlay overlay) {
    return Stream.concat(
        overlay.container().path("env").valueStream().map(it -> it.path("name").asString()),
        overlay.settings().propertyNames().stream());
  }
}
