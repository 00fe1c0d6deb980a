package io.carol.llm.k8s;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The CustomResourceDefinitions of the operators, read from a folder beside the checkout. An API
 * server drops members that a definition does not know; here they are errors.
 */
final class CustomResources {
  private static final Path FOLDER = Path.of("../shared/testdata/crds");

  private final Map<String, Schema> schemas = new HashMap<>();

  /** Reads every definition there is; none where the folder is missing. */
  CustomResources() {
    if (!Files.isDirectory(FOLDER)) {
      return;
    }
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.filter(it -> it.toString().endsWith(".yaml")).toList()) {
        JsonNode definition = new YAMLMapper().readTree(Files.readString(file)).path("spec");
        for (JsonNode version : definition.path("versions")) {
          ObjectNode schema = (ObjectNode) version.at("/schema/openAPIV3Schema").deepCopy();
          close(schema);
          // Every object has it, and a definition says only that it is an object.
          schema.withObject("/properties").putObject("metadata").put("type", "object");
          schemas.put(
              definition.path("group").asString()
                  + "/"
                  + version.path("name").asString()
                  + " "
                  + definition.at("/names/kind").asString(),
              registry.getSchema(schema.toString(), InputFormat.JSON));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the definition of this kind is there. */
  boolean know(String kind) {
    return schemas.containsKey(kind);
  }

  /** What its definition has against an object of a known kind. */
  List<String> complaints(String kind, JsonNode object) {
    return Objects.requireNonNull(schemas.get(kind))
        .validate(object.toString(), InputFormat.JSON)
        .stream()
        .map(Error::toString)
        .toList();
  }

  /** Allows no other members than those that are described, on every level. */
  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode object) {
      if (object.has("properties")
          && !object.has("additionalProperties")
          && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)) {
        object.put("additionalProperties", false);
      }
      if (object.path("x-kubernetes-int-or-string").asBoolean(false)) {
        object.remove("type");
      }
      object.path("properties").forEach(CustomResources::close);
      close(object.path("items"));
      close(object.path("additionalProperties"));
    }
  }
}
