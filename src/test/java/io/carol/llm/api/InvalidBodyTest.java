package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Bodies that are JSON and not the object that is wanted. Each member is refused for what it is;
 * nothing is repeated or takes long.
 */
@Timeout(60)
final class InvalidBodyTest {
  /** Bodies and what their members are refused for. */
  static final List<Arguments> INVALID =
      List.of(
          // JSON, but no object.
          invalid("[]", " invalid_type"),
          invalid("\"<key>\"", " invalid_type"),
          invalid("null", " invalid_type"),
          invalid("0", " invalid_type"),
          invalid("[".repeat(32) + "]".repeat(32), " invalid_type"),
          // Members missing, null, or of the wrong type.
          invalid("{}", "/provider required", "/model required"),
          invalid("{\"provider\":null,\"model\":null}", "/provider required", "/model required"),
          invalid(
              "{\"provider\":1,\"model\":true,\"baseUrl\":[],\"apiKey\":{}}",
              "/provider invalid_type",
              "/model invalid_type",
              "/baseUrl invalid_type",
              "/apiKey invalid_type"),
          anthropic("\"apiKey\":{\"value\":\"<key>\"}", "/apiKey invalid_type"),
          anthropic("\"apiKey\":" + "9".repeat(60_000), "/apiKey invalid_type"),
          anthropic("\"apiKey\":1e" + "9".repeat(60_000), "/apiKey invalid_type"),
          invalid(
              "{\"provider\":\"openai_compatible\",\"model\":\"m\"}", "/baseUrl base_url_required"),
          invalid(
              "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":null}",
              "/baseUrl base_url_required"),
          invalid(
              "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":\" \\n\"}",
              "/baseUrl base_url_required"),
          anthropic("\"baseUrl\":\"https://api.anthropic.com/v1\"", "/baseUrl base_url_endpoint"),
          anthropic("\"baseUrl\":\"\"", "/baseUrl base_url_required"),
          anthropic("\"baseUrl\":\"<key>\"", "/baseUrl base_url_malformed"),
          invalid(
              "{\"provider\":\"openai_compatible\",\"model\":\"m\","
                  + "\"baseUrl\":\"https://llm.example/v1/chat/completions\"}",
              "/baseUrl base_url_endpoint"),
          // Members there are not; only plain words are named.
          anthropic("\"temperature\":0.2", "/temperature unknown_field"),
          anthropic("\"apikey\":\"<key>\"", "/apikey unknown_field"),
          anthropic("\"api_key\":\"<key>\"", "/api_key unknown_field"),
          anthropic("\"apiKey \":\"<key>\"", " unknown_field"),
          anthropic("\"apiKey\\u0000\":\"<key>\"", " unknown_field"),
          anthropic("\"api\\u212aey\":\"<key>\"", " unknown_field"),
          anthropic("\"apiKey~1\":\"<key>\"", " unknown_field"),
          anthropic("\"\":\"<key>\"", " unknown_field"),
          anthropic("\"<key>\":1", " unknown_field"),
          anthropic("\"<key>\":{\"<key>\":[\"<key>\"]}", " unknown_field"),
          anthropic("\"x<key>\":\"<key>\",\"<key>x\":2", " unknown_field", " unknown_field"),
          anthropic("\"" + "a".repeat(60_000) + "\":1", " unknown_field"),
          anthropic("\"\\ud800\":1", " unknown_field"),
          anthropic("\"$type\":\"x\",\"@type\":\"y\"", " unknown_field", " unknown_field"),
          anthropic(
              "\"a\":1e400,\"b\":" + "1".repeat(1_000), "/a unknown_field", "/b unknown_field"),
          anthropic("\"a\":" + "[".repeat(31) + "]".repeat(31), "/a unknown_field"),
          anthropic("\"a\":{\"x\":1,\"x\":2}", "/a unknown_field"),
          // Halves of characters, and none.
          anthropic("\"apiKey\":\"<key>\\ud800\"", "/apiKey api_key_malformed"),
          anthropic("\"apiKey\":\"<key>\\u0000\"", "/apiKey api_key_malformed"),
          anthropic("\"apiKey\":\"<key>***\"", "/apiKey api_key_masked"),
          anthropic("\"apiKey\":\"YOUR_API_KEY\"", "/apiKey api_key_masked"),
          anthropic("\"apiKey\":\"\"", "/apiKey api_key_blank"),
          model("\\ud800", "unsupported_value"),
          model("<key>\\u00ad<key>", "unsupported_value"),
          model("", "required"),
          model("\\u3164\\ufeff", "required"),
          provider("<key>"),
          provider(""),
          provider("Anthropic"),
          provider("ANTHROP\u0130C"),
          baseUrl("<key>"),
          baseUrl("https://<key>@llm.example/v1"),
          baseUrl("https://llm.example/v1?key=<key>"),
          baseUrl("https://llm.example/v1#<key>"),
          baseUrl("https://llm.example/\\ud800"),
          // All of it at once.
          invalid(
              "{\"provider\":\"<key>\",\"model\":[\"<key>\"],\"baseUrl\":\"<key>\","
                  + "\"apiKey\":\"<key> <key>\",\"token\":\"<key>\"}",
              "/provider unsupported_value",
              "/model invalid_type",
              "/baseUrl base_url_malformed",
              "/apiKey api_key_malformed",
              "/token unknown_field"));

  /** JSON that looks odd and is right. */
  static final List<String> ODD_BUT_VALID =
      List.of(
          "\r\n\t {\r\n\t \"provider\" \r\n\t : \r\n\t \"anthropic\" , \"model\" : \"m\" } \r\n\t ",
          "{\"model\":\"m\",\"provider\":\"anthropic\"}",
          "{\"\\u0070rovider\":\"\\u0061nthropi\\u0063\",\"mo\\u0064el\":\"m\"}",
          "{\"provider\":\"anthropic\",\"model\":\"\\u006d\",\"baseUrl\":null,\"apiKey\":null}",
          "{\"apiKey\":\"\\u0020k\\u000d\\n\",\"provider\":\"anthropic\",\"model\":\"\\tm\\t\"}");

  private static Arguments invalid(String body, String... errors) {
    return Arguments.of(body, List.of(errors));
  }

  private static Arguments anthropic(String members, String... errors) {
    return invalid("{\"provider\":\"anthropic\",\"model\":\"m\"," + members + "}", errors);
  }

  private static Arguments model(String text, String code) {
    return invalid("{\"provider\":\"anthropic\",\"model\":\"" + text + "\"}", "/model " + code);
  }

  private static Arguments provider(String text) {
    return invalid(
        "{\"provider\":\"" + text + "\",\"model\":\"m\"}", "/provider unsupported_value");
  }

  private static Arguments baseUrl(String text) {
    return invalid(
        "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":\"" + text + "\"}",
        "/baseUrl base_url_malformed");
  }

  @ParameterizedTest
  @FieldSource("INVALID")
  void isRefusedForEveryMistakeInIt(String body, List<String> errors) {
    ProblemException refused = SettingsRequestTest.refused(body, UTF_8);
    assertEquals(ProblemType.INVALID, refused.type());
    assertEquals(
        errors.stream().sorted().toList(),
        refused.errors().stream()
            .map(error -> error.pointer() + " " + error.code())
            .sorted()
            .toList());
  }

  @ParameterizedTest
  @FieldSource("ODD_BUT_VALID")
  void isReadWhenItLooksOddAndIsRight(String body) {
    assertEquals("m", SettingsRequestTest.read(body).settings().model().text());
  }

  @Test
  void isAnsweredInShortAlsoWhenItIsFullOfMistakes() {
    String members =
        IntStream.range(0, 4_000)
            .mapToObj(i -> "\"m" + i + "\":{},")
            .collect(Collectors.joining("", "{", "\"baseUrl\":1,\"apiKey\":1}"));
    assertEquals(20, SettingsRequestTest.refused(members, UTF_8).errors().size());
  }

  @Test
  void mayHaveNamesThatShareTheirHash() {
    // "Aa" and "BB" have one hash code, and so has every sequence of them.
    String members =
        IntStream.range(0, 2_048)
            .mapToObj(i ->
                IntStream.range(0, 11)
                    .mapToObj(bit -> (i >> bit & 1) == 0 ? "Aa" : "BB")
                    .collect(Collectors.joining("", "\"", "\":1")))
            .collect(Collectors.joining(",", "{", "}"));
    assertEquals(ProblemType.INVALID, SettingsRequestTest.refused(members, UTF_8).type());
  }
}
