package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.testing.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A folder under {@code k8s/overlays}, rendered as {@code kubectl apply -k} would send it.
 *
 * @param name of the folder
 * @param objects in the order in which they are applied
 */
record Overlay(String name, List<JsonNode> objects) {
  private static final Path OVERLAYS = Path.of("k8s/overlays");
  private static final Map<String, Overlay> RENDERED = new ConcurrentHashMap<>();

  /** Something that makes pods, and the pods it makes. */
  record Workload(String name, JsonNode pods) {
    JsonNode labels() {
      return pods.at("/metadata/labels");
    }

    Stream<JsonNode> containers() {
      return Stream.of("/spec/containers", "/spec/initContainers")
          .flatMap(list -> pods.at(list).valueStream());
    }
  }

  /** All overlays of this repository; skips the test where there is nothing to render them with. */
  static Stream<Overlay> all() {
    try (Stream<Path> folders = Files.list(OVERLAYS)) {
      return folders.map(folder -> folder.getFileName().toString()).sorted().toList().stream()
          .map(name -> RENDERED.computeIfAbsent(name, it -> render(OVERLAYS.resolve(it))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Overlay named(String name) {
    return all().filter(overlay -> overlay.name.equals(name)).findFirst().orElseThrow();
  }

  Stream<JsonNode> ofKind(String kind) {
    return objects.stream().filter(object -> object.path("kind").asString().equals(kind));
  }

  /** Whatever makes pods, except what operators make. */
  Stream<Workload> workloads() {
    return objects.stream()
        .filter(object -> object.at("/spec/template/spec").isObject())
        .map(object -> new Workload(title(object), object.at("/spec/template")));
  }

  /** The service itself. */
  JsonNode deployment() {
    return ofKind("Deployment").findFirst().orElseThrow();
  }

  /** The service's container. */
  JsonNode container() {
    return deployment().at("/spec/template/spec/containers/0");
  }

  /** What the service is configured with, beside secrets. */
  JsonNode settings() {
    String name = container().at("/envFrom/0/configMapRef/name").asString();
    return ofKind("ConfigMap")
        .filter(map -> name(map).equals(name))
        .findFirst()
        .orElseThrow()
        .path("data");
  }

  static String name(JsonNode object) {
    return object.at("/metadata/name").asString();
  }

  static String title(JsonNode object) {
    return object.path("kind").asString() + " " + name(object);
  }

  @Override
  public String toString() {
    return name;
  }

  /** Renders a folder, which may be outside of this repository. */
  static Overlay render(Path folder) {
    assumeTrue(
        Command.run("sh", "-c", "command -v kubectl").exitCode() == 0,
        "The manifests are not checked: kubectl is missing (https://kubernetes.io/docs/tasks/tools).");
    String rendered = Command.run("kubectl", "kustomize", folder.toString()).output();
    try (var documents = new YAMLMapper().readerFor(JsonNode.class).readValues(rendered)) {
      return new Overlay(
          folder.getFileName().toString(),
          documents.readAll().stream().map(JsonNode.class::cast).toList());
    }
  }
}
