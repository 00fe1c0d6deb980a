package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** A release has one version and one licence, and the pom says which. */
final class VersionsTest {
  private static final Pattern VERSION = Pattern.compile("(?m)^  <version>(.+)</version>$");
  private static final Pattern LICENCE = Pattern.compile("<license>([^<\n]+)</license>");
  private static final Pattern IMAGE =
      Pattern.compile("carol-llm-settings:(\\d[\\w.-]*)|newTag: (\\S+)");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "src/main/web/package.json",
        "src/main/web/package-lock.json",
        "src/main/web/src/api/package.json"
      })
  void thePackagesOfThePageHaveBoth(String file) {
    JsonNode description = new JsonMapper().readTree(read(Path.of(file)));
    assertEquals(pom(VERSION), description.path("version").asString());
    JsonNode licensed =
        description.has("packages") ? description.path("packages").path("") : description;
    assertEquals(pom(LICENCE), licensed.path("license").asString());
  }

  @Test
  void theContractHasBoth() {
    JsonNode contract = new YAMLMapper().readTree(read(Path.of("openapi/openapi.yaml")));
    assertEquals(pom(VERSION), contract.at("/info/version").asString());
    assertEquals(pom(LICENCE), contract.at("/info/license/identifier").asString());
  }

  @Test
  void everyImageOfThisProgramThatIsNamedHasTheVersion() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("k8s"))) {
      List<String> versions =
          files
              .filter(Files::isRegularFile)
              .flatMap(file -> IMAGE.matcher(read(file)).results())
              .map(image -> image.group(1) == null ? image.group(2) : image.group(1))
              .toList();
      assertFalse(versions.isEmpty());
      assertEquals(List.of(pom(VERSION)), versions.stream().distinct().toList());
    }
  }

  static String licence() {
    return pom(LICENCE);
  }

  private static String pom(Pattern element) {
    return element.matcher(read(Path.of("pom.xml"))).results().findFirst().orElseThrow().group(1);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
