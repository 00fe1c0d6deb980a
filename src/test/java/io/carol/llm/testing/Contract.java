package io.carol.llm.testing;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Holds a response against {@code openapi/openapi.yaml}: its status must be documented for the
 * operation, its headers and body must be as described there.
 */
public final class Contract {
  private static final String LOCATION = "https://contract.invalid/openapi.yaml";
  private static final Path FILE = Path.of("openapi/openapi.yaml");

  private final JsonNode document;
  private final SchemaRegistry registry;
  private final Map<String, Schema> schemas = new ConcurrentHashMap<>();
  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  /** Reads the contract of this checkout. */
  public Contract() {
    try {
      String text = Files.readString(FILE);
      document = new YAMLMapper().readTree(text);
      registry =
          SchemaRegistry.withDialect(
              Dialects.getOpenApi31(), builder -> builder.schemas(Map.of(LOCATION, text)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks a response.
   *
   * @throws AssertionError naming what the contract does not say
   */
  public void check(
      String method, String path, int status, Map<String, List<String>> headers, String body) {
    String where = method + " " + path + " answered " + status;
    String pointer = response(method, path, status, where);
    JsonNode response = document.at(pointer);
    JsonNode documented = response.path("headers");
    for (String name : documented.propertyNames()) {
      String header = resolve(pointer + "/headers/" + escape(name));
      List<String> values = values(headers, name);
      if (values.isEmpty() && document.at(header).path("required").asBoolean()) {
        throw new AssertionError(where + " without the header " + name);
      }
      for (String value : values) {
        String schema = header + "/schema";
        boolean isText = document.at(schema).path("type").asString().equals("string");
        validate(schema, isText ? quoted(value) : value, where + ", header " + name);
      }
    }
    seen.add(method + " " + status);
    JsonNode content = response.path("content");
    if (content.isMissingNode()) {
      if (!body.isEmpty()) {
        throw new AssertionError(where + " with a body, which the contract does not know: " + body);
      }
      return;
    }
    String type = values(headers, "content-type").stream().findFirst().orElse("none");
    if (!content.has(type)) {
      throw new AssertionError(where + " as " + type + ", which the contract does not know");
    }
    validate(pointer + "/content/" + escape(type) + "/schema", body, where);
  }

  /** Every operation of a path with each status documented for it, such as {@code GET 200}. */
  public Set<String> documented(String path) {
    JsonNode item = document.at("/paths/" + escape(path));
    return item.propertyStream()
        .flatMap(operation ->
            operation.getValue().path("responses").propertyNames().stream()
                .map(status -> operation.getKey().toUpperCase(Locale.ROOT) + " " + status))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Every checked operation and status so far, such as {@code GET 200}. */
  public Set<String> seen() {
    return Set.copyOf(seen);
  }

  private String response(String method, String path, int status, String where) {
    String item = "/paths/" + escape(path.split("\\?", 2)[0]);
    if (document.at(item).isMissingNode()) {
      return "/components/responses/" + (status == 404 ? "NotFound" : "BadRequest");
    }
    String operation = item + "/" + method.toLowerCase(Locale.ROOT);
    if (document.at(operation).isMissingNode()) {
      return "/components/responses/" + (status == 405 ? "MethodNotAllowed" : "BadRequest");
    }
    String pointer = operation + "/responses/" + status;
    if (document.at(pointer).isMissingNode()) {
      throw new AssertionError(where + ", which the contract does not list");
    }
    return resolve(pointer);
  }

  private String resolve(String pointer) {
    JsonNode reference = document.at(pointer).path("$ref");
    return reference.isMissingNode() ? pointer : reference.asString().substring(1);
  }

  /** A schema of the contract as it is written there. */
  public JsonNode schemaNamed(String name) {
    return document.at(pointerTo(name));
  }

  /** Whether a JSON text is what a schema of the contract describes. */
  public boolean describes(String schemaName, String json) {
    return errors(pointerTo(schemaName), json).isEmpty();
  }

  private static String pointerTo(String schemaName) {
    return "/components/schemas/" + schemaName;
  }

  private void validate(String pointer, String json, String where) {
    List<Error> errors = errors(pointer, json);
    if (!errors.isEmpty()) {
      throw new AssertionError(where + " with " + json + ", which is not as documented: " + errors);
    }
  }

  private List<Error> errors(String pointer, String json) {
    return schemas
        .computeIfAbsent(pointer, this::schema)
        .validate(
            json,
            InputFormat.JSON,
            context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
  }

  private Schema schema(String pointer) {
    // The schema stands alone, so that what it refers to has to be named in full.
    return registry.getSchema(
        document.at(pointer).toString().replace("\"#/components", "\"" + LOCATION + "#/components"),
        InputFormat.JSON);
  }

  private static String quoted(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static List<String> values(Map<String, List<String>> headers, String name) {
    return headers.entrySet().stream()
        .filter(header -> header.getKey().equalsIgnoreCase(name))
        .flatMap(header -> header.getValue().stream())
        .toList();
  }

  private static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
