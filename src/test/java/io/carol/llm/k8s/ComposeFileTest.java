package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The service in the compose file. */
final class ComposeFileTest {
  private static final JsonNode SERVICE =
      new YAMLMapper().readTree(Path.of("k8s/compose.yaml").toFile()).at("/services/llm-settings");

  private final Set<String> variables = Set.copyOf(SERVICE.path("environment").propertyNames());

  @Test
  void everyVariableIsASetting() {
    Set<String> settings =
        Stream.of(Setting.values()).map(Setting::variable).collect(Collectors.toSet());
    assertFalse(variables.isEmpty());
    assertEquals(List.of(), variables.stream().filter(it -> !settings.contains(it)).toList());
  }

  @Test
  void secretsAreFiles() {
    assertTrue(variables.contains("CAROL_ENCRYPTION_KEY_FILE"));
    assertTrue(variables.contains("CAROL_DATABASE_PASSWORD_FILE"));
    assertFalse(variables.contains("CAROL_ENCRYPTION_KEY"));
    assertFalse(variables.contains("CAROL_DATABASE_PASSWORD"));
  }

  @Test
  void theHealthCheckIsTheProgramOfTheImageWithTheCommandHealth() throws IOException {
    List<String> check =
        SERVICE.at("/healthcheck/test").valueStream().map(JsonNode::asString).toList();
    assertEquals("CMD", check.getFirst());
    assertEquals("health", check.getLast());
    String image = Files.readString(Path.of("k8s/Dockerfile"));
    // The check runs in the folder of the program.
    String start =
        image.substring(image.indexOf("ENTRYPOINT")).replaceAll("/app/llm/(?:jre/bin/)?", "");
    check
        .subList(1, check.size() - 1)
        .forEach(argument -> assertTrue(start.contains('"' + argument + '"'), argument));
  }

  @Test
  void theServiceHasTheTimeToStopInGoodOrder() {
    int drain = 5;
    int longestRequest = 10;
    String grace = SERVICE.path("stop_grace_period").asString();
    assertTrue(Integer.parseInt(grace.replaceFirst("s$", "")) > drain + longestRequest, grace);
  }

  @Test
  void theContainerCanChangeNothingOfItself() {
    assertTrue(SERVICE.path("read_only").asBoolean());
    assertEquals("[\"ALL\"]", SERVICE.path("cap_drop").toString());
    assertEquals("[\"no-new-privileges:true\"]", SERVICE.path("security_opt").toString());
  }
}
