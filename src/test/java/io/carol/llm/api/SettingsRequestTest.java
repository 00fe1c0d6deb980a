package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.http.FieldError;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.testing.TestPolicy;
import java.nio.charset.Charset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the body of a PUT becomes, without the HTTP around it. */
final class SettingsRequestTest {
  private static final String CANARY = "Qz7Xw9Kp4Vt2Lm8Qz7Xw9Kp4Vt2Lm8Qz";

  static SettingsRequest read(String body) {
    return SettingsRequest.read(body.getBytes(UTF_8), TestPolicy.ALL_HOSTS);
  }

  /**
   * How a body is refused, which repeats no six characters of a key.
   *
   * @param body with {@code <key>} where it has a key
   */
  static ProblemException refused(String body, Charset charset) {
    byte[] bytes = body.replace("<key>", CANARY).getBytes(charset);
    ProblemException refused =
        assertThrows(
            ProblemException.class, () -> SettingsRequest.read(bytes, TestPolicy.ALL_HOSTS));
    String told = refused.detail() + refused.errors();
    for (int i = 0; i + 6 <= CANARY.length(); i++) {
      assertFalse(told.contains(CANARY.substring(i, i + 6)), told);
    }
    return refused;
  }

  private static ProblemException refused(String body) {
    return refused(body, UTF_8);
  }

  private static String baseUrl(String baseUrl) {
    return "{\"provider\":\"openai\",\"model\":\"m\",\"baseUrl\":\"" + baseUrl + "\"}";
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

  @Test
  void aBaseUrlIsCheckedAlsoWhenTheProviderIsNotKnown() {
    assertEquals(2, refused(baseUrl("http://llm.example/v1")).errors().size());
    assertEquals(1, refused(baseUrl("https://llm.example/v1/messages")).errors().size());
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
