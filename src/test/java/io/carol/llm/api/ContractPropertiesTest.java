package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Requests made from the schemas of the contract, and from those with one mistake: what it allows
 * is saved and read back, what it forbids changes nothing, and every answer is one it documents.
 */
final class ContractPropertiesTest {
  private static final String UPDATE = "LlmSettingsUpdate";
  private static final String SMALLEST = "{\"provider\":\"anthropic\",\"model\":\"m\"}";
  private static final JsonMapper JSON = new JsonMapper();

  /** The same members as of every provider; only here the base URL is required. */
  private static final JsonNode SCHEMA = Api.CONTRACT.schemaNamed("OpenAiCompatibleSettingsUpdate");

  private static final JsonNode MEMBERS = SCHEMA.path("properties");
  private static final Setup SETUP = Setup.start();

  /** A request body, and which of its members is a mistake; null for none. */
  record Update(Map<String, @Nullable Object> members, @Nullable String mistake) {
    String json() {
      return JSON.writeValueAsString(members);
    }

    /** Where a key would be sent to. */
    String destination() {
      String url = String.valueOf(members.get("baseUrl"));
      return members.get("provider") + url.replaceFirst("^(https?://[^/]*).*", " $1");
    }
  }

  /** The model: what is stored. */
  record Stored(Update update, boolean key) {}

  @AfterContainer
  static void stop() {
    SETUP.close();
  }

  @Property(tries = 100, shrinking = ShrinkingMode.BOUNDED)
  void whatIsAllowedIsSavedAndWhatIsForbiddenChangesNothing(
      @ForAll("updates") List<Update> updates) {
    User user = SETUP.newUser();
    Optional<Stored> stored = Optional.empty();
    for (Update update : updates) {
      assertEquals(
          update.mistake == null, Api.CONTRACT.describes(UPDATE, update.json()), update::json);
      boolean keyWouldMove = update.mistake == null && keyWouldMove(stored, update);
      String before = update.mistake != null || keyWouldMove ? user.row() : "";
      Reply reply = user.api().put(update.json());
      if (update.mistake != null) {
        assertRefused(update.mistake, reply);
        assertEquals(before, user.row());
      } else if (keyWouldMove) {
        assertEquals(List.of("/apiKey api_key_required"), reply.fieldErrors());
        assertEquals(before, user.row());
      } else {
        assertEquals(stored.isPresent() ? 200 : 201, reply.status(), reply::body);
        stored = Optional.of(new Stored(update, keyAfter(stored, update)));
      }
      assertReadBack(stored, user);
    }
  }

  @Property(tries = 200, shrinking = ShrinkingMode.BOUNDED)
  void aRequestWithAnyHeadersIsAnsweredAsDocumented(
      @ForAll("methods") String method, @ForAll("headers") Map<String, String> headers) {
    String[] flat =
        headers.entrySet().stream()
            .flatMap(header -> Stream.of(header.getKey(), header.getValue()))
            .toArray(String[]::new);
    byte[] body = method.equals("PUT") ? SMALLEST.getBytes(UTF_8) : null;
    Reply reply = SETUP.user("user-of-any-headers").api().send(method, Api.PATH, body, flat);
    assertTrue(reply.status() < 500, reply::body);
  }

  private static boolean keyWouldMove(Optional<Stored> stored, Update update) {
    return stored.isPresent()
        && stored.get().key
        && !update.members.containsKey("apiKey")
        && !stored.get().update.destination().equals(update.destination());
  }

  private static boolean keyAfter(Optional<Stored> stored, Update update) {
    return update.members.containsKey("apiKey")
        ? update.members.get("apiKey") != null
        : stored.isPresent() && stored.get().key;
  }

  private static void assertRefused(String mistake, Reply reply) {
    assertEquals(422, reply.status(), reply::body);
    assertTrue(
        reply.fieldErrors().stream().anyMatch(error -> error.startsWith("/" + mistake + " ")),
        () -> mistake + " in " + reply.body());
  }

  private static void assertReadBack(Optional<Stored> stored, User user) {
    Reply read = user.api().get();
    if (stored.isEmpty()) {
      assertEquals(404, read.status());
      return;
    }
    Map<String, @Nullable Object> sent = stored.get().update.members;
    assertEquals(sent.get("provider"), read.text("provider"));
    assertEquals(sent.get("model"), read.text("model"));
    assertEquals(String.valueOf(sent.get("baseUrl")), read.text("baseUrl"));
    assertEquals(stored.get().key, read.json().getBoolean("keyConfigured"));
    if (sent.get("apiKey") instanceof String key) {
      assertEquals(Optional.of(key), user.key());
      assertFalse(key.length() >= 8 && read.toString().contains(key));
    }
  }

  @Provide
  Arbitrary<List<Update>> updates() {
    return Arbitraries.oneOf(valid(), valid().flatMap(this::withOneMistake))
        .list()
        .ofMinSize(1)
        .ofMaxSize(6);
  }

  private Arbitrary<Update> valid() {
    Arbitrary<String> providers =
        Arbitraries.of(
            Api.CONTRACT.schemaNamed(UPDATE).at("/discriminator/mapping").propertyNames());
    return Combinators.combine(providers, models(), urls(), keys())
        .as((provider, model, url, key) -> {
          Map<String, @Nullable Object> members = new LinkedHashMap<>();
          members.put("provider", provider);
          members.put("model", model);
          // Anthropic's own address has no base URL.
          if (provider.equals("openai_compatible") || url.length() % 3 == 0) {
            members.put("baseUrl", url);
          } else if (url.length() % 3 == 1) {
            members.put("baseUrl", null);
          }
          if (key.isEmpty()) {
            members.put("apiKey", null);
          } else if (!key.equals("absent")) {
            members.put("apiKey", key);
          }
          return new Update(members, null);
        });
  }

  private static Arbitrary<String> models() {
    return Arbitraries.strings()
        .withChars(" -./:_@")
        .withCharRange('A', 'z')
        .withCharRange('\u00c0', '\u024f')
        .withCharRange('\u4e00', '\u4fff')
        .ofMinLength(length("model", "minLength"))
        .ofMaxLength(length("model", "maxLength"))
        .map(text -> text.length() % 3 == 0 && text.length() < 255 ? text + "\ud83d\ude80" : text)
        .filter(text -> !text.isBlank() && text.equals(text.strip()));
  }

  private static Arbitrary<String> urls() {
    Arbitrary<String> origins =
        Arbitraries.of(
            "https://api.example.com",
            "https://llm.example:8443",
            "https://[2606:4700::1111]",
            "https://192.168.1.20:1234",
            "http://localhost:1234",
            "http://ollama:11434",
            "http://gpu_1",
            "http://[::1]:8000");
    Arbitrary<List<String>> paths =
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .numeric()
            .withChars("-_~")
            .ofMinLength(1)
            .ofMaxLength(9)
            .list()
            .ofMaxSize(4);
    return Combinators.combine(origins, paths)
        .as((origin, path) -> path.isEmpty() ? origin : origin + "/" + String.join("/", path));
  }

  /** Empty for null. */
  private static Arbitrary<String> keys() {
    Arbitrary<String> keys =
        Arbitraries.strings()
            .alpha()
            .numeric()
            .withChars("-_+/:")
            .ofMinLength(length("apiKey", "minLength"))
            .ofMaxLength(length("apiKey", "maxLength"));
    return Arbitraries.oneOf(Arbitraries.of("", "absent"), keys);
  }

  /** Every kind of mistake that the schema knows. */
  private Arbitrary<Update> withOneMistake(Update right) {
    List<Update> mistakes = new ArrayList<>();
    for (String member : MEMBERS.propertyNames()) {
      for (Object value : List.of(0, 1.5, true, List.of("m"), Map.of("a", "b"))) {
        mistakes.add(with(right, member, value));
      }
      JsonNode schema = Api.CONTRACT.schemaOf(MEMBERS.path(member));
      if (schema.has("maxLength")) {
        String tooLong = "https://a.example/" + "a".repeat(length(member, "maxLength"));
        mistakes.add(with(with(right, "provider", "openai_compatible"), member, tooLong));
      }
      if (schema.has("minLength")) {
        mistakes.add(with(right, member, ""));
      }
    }
    for (String member : texts(SCHEMA.path("required"))) {
      Update compatible = with(right, "provider", "openai_compatible");
      mistakes.add(with(compatible, member, null));
      Update without = with(compatible, member, null);
      without.members.remove(member);
      mistakes.add(without);
    }
    for (String other :
        List.of("keyConfigured", "id", "userId", "user_id", "version", "createdAt", "Model")) {
      mistakes.add(with(right, other, "m"));
    }
    mistakes.add(with(right, "provider", "openai"));
    return Arbitraries.of(mistakes);
  }

  private static Update with(Update update, String member, @Nullable Object value) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>(update.members);
    members.put(member, value);
    return new Update(members, member);
  }

  @Provide
  Arbitrary<String> methods() {
    return Arbitraries.of("GET", "PUT", "DELETE", "POST", "PATCH", "OPTIONS");
  }

  @Provide
  Arbitrary<Map<String, String>> headers() {
    Arbitrary<String> names =
        Arbitraries.of(
            "If-Match",
            "If-None-Match",
            "X-Request-Id",
            "traceparent",
            "Accept",
            "Content-Type",
            "Content-Encoding",
            "X-Forwarded-For",
            "Cookie",
            "Origin",
            "Sec-Fetch-Site");
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.of("*", "\"a\"", "application/json", "identity", "gzip", "null"),
            Arbitraries.strings().withCharRange('!', '~').ofMinLength(1).ofMaxLength(80));
    return Arbitraries.maps(names, values).ofMaxSize(5);
  }

  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(JsonNode::asString).toList();
  }

  private static int length(String member, String bound) {
    return Api.CONTRACT.schemaOf(MEMBERS.path(member)).path(bound).asInt();
  }
}
