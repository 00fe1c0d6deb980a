package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.http.FieldError;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.testing.TestPolicy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the body of a PUT becomes, without the HTTP around it. */
final class SettingsRequestTest {
  private static SettingsRequest read(String body) {
    return SettingsRequest.read(body.getBytes(UTF_8), TestPolicy.ALL_HOSTS);
  }

  private static ProblemException refused(String body) {
    return assertThrows(ProblemException.class, () -> read(body));
  }

  private static FieldError onlyError(String body) {
    ProblemException refused = refused(body);
    assertEquals(1, refused.errors().size(), () -> refused.errors().toString());
    return refused.errors().getFirst();
  }

  private static String body(String provider, @Nullable String baseUrl) {
    return "{\"provider\":\"%s\",\"model\":\"m\",\"baseUrl\":%s}"
        .formatted(provider, baseUrl == null ? "null" : '"' + baseUrl + '"');
  }

  @ParameterizedTest
  @CsvSource({
    "provider, Send a string.",
    "model, Send a string.",
    "baseUrl, Send a string or null.",
    "apiKey, Send a string or null."
  })
  void aWrongTypeIsToldWhatTheMemberTakes(String member, String detail) {
    for (String value : new String[] {"4", "true", "[]", "{}", "-1.5e3"}) {
      assertTrue(
          refused("{\"" + member + "\":" + value + "}")
              .errors()
              .contains(new FieldError("/" + member, "invalid_type", detail)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"provider", "model"})
  void nullIsToldWhatTheMemberTakes(String member) {
    assertTrue(
        refused("{\"" + member + "\":null}")
            .errors()
            .contains(new FieldError("/" + member, "required", "Send a string.")));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          anthropic, -, -, ''
          anthropic, https://api.anthropic.com, https://api.anthropic.com, ''
          anthropic, https://api.anthropic.com/, https://api.anthropic.com, ''
          anthropic, https://gateway.example/anthropic/, https://gateway.example/anthropic, https://gateway.example
          anthropic, http://litellm:4000, http://litellm:4000, http://litellm:4000
          openai_compatible, https://LLM.example/v1/, https://LLM.example/v1, https://llm.example
          openai_compatible, \\ufeff http://ollama:11434/v1\\u200b, http://ollama:11434/v1, http://ollama:11434
          """)
  void aBaseUrlIsKeptAsSentButForItsEnds(
      String provider, @Nullable String sent, @Nullable String kept, String origin) {
    LlmSettings settings = read(body(provider, sent)).settings();
    BaseUrl baseUrl = settings.baseUrl();
    assertEquals(kept, baseUrl == null ? null : baseUrl.text());
    assertEquals(origin, settings.origin());
  }

  @Test
  void anthropicNeedsNoBaseUrl() {
    assertNull(read("{\"provider\":\"anthropic\",\"model\":\"m\"}").settings().baseUrl());
    assertEquals(
        "base_url_required",
        onlyError("{\"provider\":\"openai_compatible\",\"model\":\"m\"}").code());
  }

  @ParameterizedTest
  @CsvSource({
    "anthropic, https://api.anthropic.com/v1, Cut /v1 off",
    "anthropic, https://api.anthropic.com/v1/messages, Cut /v1/messages off",
    "openai_compatible, https://llm.example/v1/chat/completions, Cut /chat/completions off",
    "openai_compatible, https://llm.example/v1/models/, Cut /models off",
  })
  void anEndpointIsToldWhatToCut(String provider, String url, String advice) {
    FieldError error = onlyError(body(provider, url));
    assertEquals("/baseUrl base_url_endpoint", error.pointer() + " " + error.code());
    assertTrue(error.detail().startsWith(advice), error.detail());
  }

  @Test
  void aBaseUrlIsCheckedAlsoWhenTheProviderIsNotKnown() {
    assertEquals(2, refused(body("openai", "http://llm.example/v1")).errors().size());
    assertEquals(1, refused(body("openai", "https://llm.example/v1/messages")).errors().size());
  }

  /** The parser's own positions are wrong at the end of a text and far into it. */
  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":", "{\"provider\":\"anthropic\",}", "{", "{}x", "[1,", "\"sk-1"})
  void whatIsNotJsonIsToldNoPosition(String body) {
    ProblemException refused = refused(body);
    assertEquals(ProblemType.MALFORMED_JSON, refused.type());
    assertFalse(refused.detail().matches(".*\\b(line|column|position)\\b.*"), refused.detail());
  }
}
