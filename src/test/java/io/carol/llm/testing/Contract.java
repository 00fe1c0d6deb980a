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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Holds responses against {@code openapi/openapi.yaml}. */
public final class Contract {
  private static final String LOCATION = "https://contract.invalid/openapi.yaml";
  private static final Path FILE = Path.of("openapi/openapi.yaml");
  private static final String OTHER_ERROR = "/components/responses/OtherError";
  private static final JsonMapper JSON = new JsonMapper();

  private final JsonNode document;
  private final SchemaRegistry registry;
  private final Map<String, Schema> schemas = new ConcurrentHashMap<>();

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
   * Checks a response: its headers and body must be as described for its operation and status, and
   * the description must name the code of a problem. A status that the operation does not list, or
   * a request of no operation, is described by {@code OtherError}.
   *
   * @throws AssertionError naming what the contract does not say
   */
  public void check(
      String method, String path, int status, Map<String, List<String>> headers, String body) {
    String where = method + " " + path + " answered " + status;
    String pointer = response(method, path, status);
    JsonNode response = document.at(pointer);
    checkHeaders(pointer, headers, where);
    JsonNode content = response.path("content");
    if (content.isMissingNode() || method.equals("HEAD")) {
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
    if (type.equals("application/problem+json")) {
      checkCode(status, JSON.readTree(body), response, where);
    }
  }

  private void checkHeaders(String pointer, Map<String, List<String>> headers, String where) {
    for (String name : document.at(pointer).path("headers").propertyNames()) {
      String header = resolve(pointer + "/headers/" + escape(name));
      List<String> values = values(headers, name);
      if (values.isEmpty() && document.at(header).path("required").asBoolean()) {
        throw new AssertionError(where + " without the header " + name);
      }
      for (String value : values) {
        String schema = header + "/schema";
        boolean isText = document.at(schema).path("type").asString().equals("string");
        validate(
            schema, isText ? JSON.writeValueAsString(value) : value, where + ", header " + name);
      }
    }
  }

  private void checkCode(int status, JsonNode problem, JsonNode response, String where) {
    String code = problem.path("code").asString();
    String table = document.at(pointerTo("ProblemCode") + "/description").asString();
    if (problem.path("status").asInt() != status
        || !table.contains("| %d | `%s` |".formatted(status, code))
        || !response.path("description").asString().contains("`" + code + "`")) {
      throw new AssertionError(where + " with a code not documented for it: " + problem);
    }
  }

  /** Every path and operation with each status listed for it, such as {@code GET /api/x 200}. */
  public Set<String> documented() {
    Set<String> answers = new TreeSet<>();
    document
        .path("paths")
        .forEachEntry((path, item) ->
            item.forEachEntry((method, operation) ->
                operation.path("responses").propertyNames().stream()
                    .filter(status -> !status.equals("default"))
                    .map(status -> method.toUpperCase(Locale.ROOT) + " " + path + " " + status)
                    .forEach(answers::add)));
    return answers;
  }

  /**
   * The examples of request bodies and of responses, by name.
   *
   * @throws AssertionError when two different ones have the same name
   */
  public Map<String, JsonNode> examples() {
    Map<String, JsonNode> examples = new TreeMap<>();
    for (JsonNode named : document.findValues("examples")) {
      named.forEachEntry((name, example) -> {
        JsonNode value =
            example.has("$ref")
                ? document.at(example.path("$ref").asString().substring(1)).path("value")
                : example.path("value");
        JsonNode other = value.isObject() ? examples.put(name, value) : null;
        if (other != null && !other.equals(value)) {
          throw new AssertionError("Two examples of the contract have the name " + name);
        }
      });
    }
    return examples;
  }

  private String response(String method, String path, int status) {
    String verb = method.equals("HEAD") ? "get" : method.toLowerCase(Locale.ROOT);
    String responses = "/paths/" + escape(path.split("\\?", 2)[0]) + "/" + verb + "/responses/";
    if (!document.at(responses + status).isMissingNode()) {
      return resolve(responses + status);
    }
    return OTHER_ERROR;
  }

  private String resolve(String pointer) {
    JsonNode reference = document.at(pointer).path("$ref");
    return reference.isMissingNode() ? pointer : reference.asString().substring(1);
  }

  /** What a reference refers to; any other schema as it is. */
  public JsonNode schemaOf(JsonNode schema) {
    String reference = schema.path("$ref").asString();
    return reference.isEmpty() ? schema : document.at(reference.substring(1));
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
