package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carol.llm.http.FieldError;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.UnseenCharacters;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.testing.TestPolicy;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * Any bytes as the body of a PUT: they are refused, or mean what another JSON parser takes them to
 * mean. {@code make fuzz} looks for more bodies; the tests run those below.
 */
final class SettingsRequestFuzzTest {
  private static final BaseUrlPolicy POLICY = TestPolicy.ALL_HOSTS;
  private static final Set<String> MEMBERS = Set.of("provider", "model", "baseUrl", "apiKey");

  /** In several of the bodies, and in no answer. */
  private static final String CANARY = "Qz7Xw9Kp4Vt2";

  private static final JsonMapper OTHER_PARSER =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(1_000_000)
                      .maxNumberLength(1_000_000)
                      .maxNameLength(1_000_000)
                      .build())
              .build());
  private static final ObjectReader STRICT =
      OTHER_PARSER.reader().with(StreamReadFeature.STRICT_DUPLICATE_DETECTION);

  /** Half a character, which RFC 8259 §8.2 allows and the other parser does not. */
  private static final Pattern HALF = Pattern.compile("\\\\u[dD][89a-fA-F]");

  static Stream<byte[]> bodies() {
    Stream<String> invalid =
        InvalidBodyTest.INVALID.stream().map(arguments -> (String) arguments.get()[0]);
    Stream<String> valid =
        Stream.of(
            "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-<key>\"}",
            "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":\"https://a.example\"}",
            "{\"provider\":\"anthropic\",\"model\":\"m\\u200b\",\"baseUrl\":\"\\ufeffhttps://a.example/x/\"}",
            "{\"provider\":\"openai_compatible\",\"model\":\"\\ud83d\\ude00\",\"baseUrl\":"
                + "\"http://ollama:11434/v1\",\"apiKey\":null}");
    return Stream.of(
            invalid,
            valid,
            InvalidBodyTest.ODD_BUT_VALID.stream(),
            MalformedBodyTest.MALFORMED.stream())
        .flatMap(texts -> texts)
        .filter(text -> text.length() < 4_000)
        .map(text -> text.replace("<key>", CANARY).getBytes(UTF_8));
  }

  @MethodSource("bodies")
  @FuzzTest(maxDuration = "")
  void isRefusedOrMeansWhatAnotherParserTakesItFor(byte[] body) {
    JsonNode other = reading(body, OTHER_PARSER.reader());
    boolean otherIsStricter = other == null && HALF.matcher(new String(body, ISO_8859_1)).find();
    try {
      SettingsRequest update = SettingsRequest.read(body, POLICY);
      assertSame(required(reading(body, STRICT)), update);
    } catch (ProblemException refused) {
      assertTellsNothing(refused);
      if (refused.type() == ProblemType.MALFORMED_JSON) {
        assertTrue(
            reading(body, STRICT) == null || refused.detail().contains("levels deep"),
            refused.detail());
      } else if (!otherIsStricter) {
        assertEquals(ProblemType.INVALID, refused.type());
        assertMistakes(required(other), refused);
      }
    }
  }

  private static JsonNode required(@Nullable JsonNode other) {
    return Objects.requireNonNull(other, "The other parser does not take this for JSON");
  }

  private static @Nullable JsonNode reading(byte[] body, ObjectReader parser) {
    try {
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      JsonNode node = parser.readTree(text);
      return node.isMissingNode() ? null : node;
    } catch (CharacterCodingException | JacksonException e) {
      return null;
    }
  }

  private static void assertSame(JsonNode other, SettingsRequest update) {
    assertTrue(other.isObject() && MEMBERS.containsAll(other.propertyNames()));
    LlmSettings settings = update.settings();
    BaseUrl baseUrl = settings.baseUrl();
    assertEquals(text(other, "provider"), settings.provider().wireName());
    assertEquals(text(other, "model"), settings.model().text());
    String sent = text(other, "baseUrl");
    assertEquals(
        sent == null ? null : sent.replaceFirst("/$", ""), baseUrl == null ? null : baseUrl.text());
    switch (update.keyChange()) {
      case KeyChange.Keep keep -> assertFalse(other.has("apiKey"));
      case KeyChange.Clear clear -> assertTrue(other.path("apiKey").isNull());
      case KeyChange.Replace replace -> assertEquals(text(other, "apiKey"), replace.key().reveal());
    }
  }

  private static @Nullable String text(JsonNode object, String member) {
    JsonNode value = object.path(member);
    return value.isString() ? UnseenCharacters.strip(value.asString()) : null;
  }

  private static void assertMistakes(JsonNode other, ProblemException refused) {
    assertFalse(refused.errors().isEmpty());
    if (!other.isObject()) {
      assertEquals("", refused.errors().getFirst().pointer());
      assertEquals("invalid_type", refused.errors().getFirst().code());
      return;
    }
    long unknown = other.propertyNames().stream().filter(name -> !MEMBERS.contains(name)).count();
    assertEquals(Math.min(unknown, 16), count(refused, "unknown_field"));
    long otherTypes =
        MEMBERS.stream()
            .filter(
                name -> other.has(name) && !other.get(name).isString() && !other.get(name).isNull())
            .count();
    assertEquals(otherTypes, count(refused, "invalid_type"));
  }

  private static long count(ProblemException refused, String code) {
    return refused.errors().stream().filter(error -> error.code().equals(code)).count();
  }

  private static void assertTellsNothing(ProblemException refused) {
    assertNull(refused.getCause());
    assertFalse(refused.detail().contains(CANARY), refused.detail());
    for (FieldError error : refused.errors()) {
      assertTrue(error.pointer().matches("(/[A-Za-z_]{1,24})?"), error.pointer());
      assertFalse(error.toString().contains(CANARY), error.toString());
    }
  }
}
