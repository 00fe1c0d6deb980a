package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.config.Setting;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The manifests set no variable that the service does not read. */
final class EnvironmentVariablesTest {
  private static final Set<String> SETTINGS =
      Stream.of(Setting.values()).map(Setting::variable).collect(Collectors.toSet());

  @EveryOverlay
  void everyVariableOfTheManifestsIsASetting(Overlay overlay) {
    assertEquals(List.of(), variables(overlay).filter(it -> !SETTINGS.contains(it)).toList());
  }

  private static Stream<String> variables(Overlay overlay) {
    return Stream.concat(
        overlay.container().path("env").valueStream().map(it -> it.path("name").asString()),
        overlay.settings().propertyNames().stream());
  }
}
