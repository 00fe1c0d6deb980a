package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.settings.UnseenCharacters;
import io.carol.llm.testing.CaseFile;
import io.carol.llm.testing.Reply;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is accepted as model and base URL, and that it is stored and returned as it is sent. */
final class ModelAndBaseUrlTest {
  private static final String ROCKET = "\ud83d\ude80";

  private static Setup setup;

  @BeforeAll
  static void start() {
    setup = Setup.start();
  }

  @AfterAll
  static void stop() {
    setup.close();
  }

  @Nested
  final class Model {
    static Stream<String> accepted() {
      return Stream.of(
          "m",
          "claude-sonnet-4-5",
          "mistralai/mistral-small:free",
          "hf.co/unsloth/Qwen3-4B-GGUF:Q4_K_M",
          "accounts/fireworks/models/llama-v3p1",
          "C:\\models\\a b.gguf",
          "a  b",
          "null",
          "'; DROP TABLE user_llm_credentials; --",
          "${jndi:ldap://x}",
          ":model",
          "$1",
          "<script>alert(1)</script>",
          "\"quoted\"",
          "%00",
          "\\u0000",
          "\u6a21\u578b",
          "e\u0301",
          ROCKET,
          "\ufffd",
          "x".repeat(256),
          "\u00e9".repeat(256),
          ROCKET.repeat(256));
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void isStoredAndReturnedAsSent(String model) {
      User user = setup.newUser();
      Reply created = user.put("provider", "anthropic", "model", model);
      assertEquals("201 " + model, created.status() + " " + created.text("model"));
      assertEquals(model, user.api().get().text("model"));
      assertEquals(model, user.column("model"));
      assertEquals(model, setup.credentials().getDecryptedLlmSettings(user.id()).model());
    }

    @Test
    void losesUnseenCharactersAtItsEnds() {
      User user = setup.newUser();
      String longest = "x".repeat(256);
      Reply created =
          user.put("provider", "anthropic", "model", "\r\n\t \ufeff" + longest + "\u200b \u00a0\n");
      assertEquals(longest, created.text("model"));
      assertEquals(longest, user.column("model"));
    }

    @Test
    void hasAtMost256Characters() {
      User user = setup.newUser();
      Reply refused = user.put("provider", "anthropic", "model", ROCKET.repeat(257));
      assertEquals("422 [/model too_long]", refused.status() + " " + refused.fieldErrors());
      assertEquals("none", user.row());
    }
  }

  @Nested
  final class BaseUrl {
    private static final Set<String> REFUSALS =
        Set.of(
            "base_url_required",
            "base_url_malformed",
            "base_url_insecure",
            "base_url_forbidden_host",
            "too_long");

    /** How a base URL of the case file is kept. */
    private static String kept(String url) {
      return UnseenCharacters.strip(url).replaceFirst("/$", "");
    }

    static Stream<Arguments> accepted() {
      return CaseFile.of("/url/base_url_cases.json", "accept", "why", "url");
    }

    static Stream<Arguments> refused() {
      return CaseFile.of("/url/base_url_cases.json", "reject", "why", "url");
    }

    private static Reply put(User user, String url) {
      return user.put("provider", "openai_compatible", "model", "m", "baseUrl", url);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("accepted")
    void isStoredAndReturnedAsSentButForItsEnds(String why, String url) {
      User user = setup.newUser();
      Reply created = put(user, url);
      assertEquals("201 " + kept(url), created.status() + " " + created.text("baseUrl"), why);
      assertEquals(kept(url), user.api().get().text("baseUrl"), why);
      assertEquals(kept(url), user.column("base_url"), why);
      assertEquals(
          kept(url), setup.credentials().getDecryptedLlmSettings(user.id()).baseUrl(), why);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void isRefusedAndNotRepeated(String why, String url) {
      User user = setup.newUser();
      Reply reply = put(user, url);
      assertEquals(422, reply.status(), why);
      List<String> errors = reply.fieldErrors();
      assertEquals(1, errors.size(), errors::toString);
      assertTrue(REFUSALS.contains(errors.getFirst().replace("/baseUrl ", "")), errors::toString);
      assertFalse(url.length() > 8 && reply.body().contains(url), why);
      assertEquals("none", user.row());
    }

    @Test
    void hasAtMost2048CharactersWithoutTheUnseenOnesAtItsEnds() {
      String start = "https://llm.example/";
      String longest = start + "x".repeat(2048 - start.length());
      User user = setup.newUser();
      String unseen = " \t\r\n\u200b\ufeff";
      assertEquals(longest, put(user, unseen + longest + unseen).text("baseUrl"));
      assertEquals(List.of("/baseUrl too_long"), put(user, longest + "x").fieldErrors());
      assertEquals(longest, user.column("base_url"));
    }

    @Test
    void isNotPrivateWhereTheOperatorForbidsIt() {
      try (Setup hosted = Setup.start(Map.of("carol.allow.private.hosts", "false"))) {
        User user = hosted.newUser();
        for (String url :
            List.of(
                "http://localhost:11434/v1",
                "https://localhost/v1",
                "http://ollama/v1",
                "https://10.0.0.1/v1",
                "https://[fd00::1]/v1",
                "https://llm.internal/v1")) {
          assertEquals(
              List.of("/baseUrl base_url_forbidden_host"), put(user, url).fieldErrors(), url);
        }
        assertEquals(201, put(user, "https://openrouter.ai/api/v1").status());
      }
    }
  }
}
