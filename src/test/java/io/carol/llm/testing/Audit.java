package io.carol.llm.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Asks the OSV database which libraries of the CycloneDX documents named have known
 * vulnerabilities: {@code make audit}.
 */
public final class Audit {
  static final int NONE_KNOWN = 0;
  static final int VULNERABLE = 1;

  /** As in sysexits.h: a service is unavailable. */
  static final int NOT_CHECKED = 69;

  private static final URI OSV = URI.create("https://api.osv.dev/v1/querybatch");
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private Audit() {}

  public static void main(String[] arguments) throws Exception {
    System.exit(check(OSV, Stream.of(arguments).map(Path::of).toList(), System.out));
  }

  /** Prints what it found, and answers the exit code that says the same. */
  static int check(URI source, List<Path> documents, PrintStream out)
      throws IOException, InterruptedException {
    List<String> libraries = new ArrayList<>();
    for (Path document : documents) {
      for (JsonValue component : object(Files.readString(document)).getJsonArray("components")) {
        libraries.add(component.asJsonObject().getString("purl").replaceFirst("\\?.*", ""));
      }
    }
    JsonArray results;
    try {
      results = ask(source, libraries);
    } catch (IOException | JsonException | ClassCastException e) {
      out.printf(
          "NOT CHECKED for known vulnerabilities: %s does not answer (%s).%n", source.getHost(), e);
      return NOT_CHECKED;
    }
    int vulnerable = 0;
    for (int i = 0; i < libraries.size(); i++) {
      JsonArray known = results.getJsonObject(i).getJsonArray("vulns");
      if (known != null && !known.isEmpty()) {
        vulnerable++;
        for (JsonValue vulnerability : known) {
          String id = vulnerability.asJsonObject().getString("id");
          out.printf("%s: https://osv.dev/vulnerability/%s%n", libraries.get(i), id);
        }
      }
    }
    out.printf(
        "%d of %d libraries have known vulnerabilities, says %s.%n",
        vulnerable, libraries.size(), source.getHost());
    return vulnerable == 0 ? NONE_KNOWN : VULNERABLE;
  }

  private static JsonArray ask(URI source, List<String> libraries)
      throws IOException, InterruptedException {
    JsonArrayBuilder queries = Json.createArrayBuilder();
    for (String library : libraries) {
      queries.add(
          Json.createObjectBuilder()
              .add("package", Json.createObjectBuilder().add("purl", library)));
    }
    String question = Json.createObjectBuilder().add("queries", queries).build().toString();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(source)
                  .timeout(TIMEOUT)
                  .POST(BodyPublishers.ofString(question, UTF_8))
                  .build(),
              BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IOException("status " + response.statusCode());
      }
      JsonArray results = object(response.body()).getJsonArray("results");
      if (results == null || results.size() != libraries.size()) {
        throw new IOException("not one result for each library");
      }
      return results;
    }
  }

  private static JsonObject object(String json) {
    try (JsonReader reader = Json.createReader(new StringReader(json))) {
      return reader.readObject();
    }
  }
}
