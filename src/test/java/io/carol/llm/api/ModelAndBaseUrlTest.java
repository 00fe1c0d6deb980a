package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Reply;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is accepted as model and base URL, and that it is stored and returned as it is sent. */
final class ModelAndBaseUrlTest {
  private static final String ROCKET = "\ud83d\ude80";

  private static final Setup setup = Setup.shared();

  @Nested
  final class Model {
    static Stream<String> accepted() {
      return Stream.of(
          "hf.co/unsloth/Qwen3-4B-GGUF:Q4_K_M",
          "C:\\models\\a  b.gguf",
          "null",
          "'; DROP TABLE user_llm_credentials; --",
          ":model $1 ${jndi:ldap://x}",
          "<script>\"quoted\" %00 \\u0000",
          "\u6a21\u578b e\u0301 \ufffd",
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
  }

  @Nested
  final class BaseUrl {
    private static final List<String> ANTHROPICS_OWN =
        Stream.of("", ",\"baseUrl\":null", ",\"baseUrl\":\"https://api.anthropic.com\"")
            .map(member -> "{\"provider\":\"anthropic\",\"model\":\"m\"" + member + "}")
            .toList();

    private static Reply put(User user, String url) {
      return user.put("provider", "openai_compatible", "model", "m", "baseUrl", url);
    }

    /** Which are accepted and which are refused for what: the tests of the package baseurl. */
    @ParameterizedTest
    @CsvSource({
      "https://LLM.example/v1, https://LLM.example/v1",
      "' \u200bhttps://llm.example:443/v1/', https://llm.example:443/v1",
      "http://[::1]:11434/v1/, http://[::1]:11434/v1"
    })
    void isStoredAndReturnedAsSentButForItsEnds(String url, String kept) {
      User user = setup.newUser();
      Reply created = put(user, url);
      assertEquals("201 " + kept, created.status() + " " + created.text("baseUrl"));
      assertEquals(kept, user.api().get().text("baseUrl"));
      assertEquals(kept, user.column("base_url"));
      assertEquals(kept, setup.credentials().getDecryptedLlmSettings(user.id()).baseUrl());
    }

    @Test
    void isOnlyWhatTheOperatorAllows() {
      Map<String, String> limits =
          Map.of(
              "carol.allow.private.hosts", "false", "carol.allowed.hosts", "ollama, llm.example");
      List<String> forbidden = List.of("/baseUrl base_url_forbidden_host");
      try (Setup limited = Setup.start(limits)) {
        User user = limited.newUser();
        assertEquals(forbidden, put(user, "http://ollama/v1").fieldErrors(), "is private");
        assertEquals(forbidden, put(user, "https://other.example").fieldErrors(), "is not listed");
        for (String own : ANTHROPICS_OWN) {
          assertEquals(forbidden, user.api().put(own).fieldErrors(), own);
        }
        assertEquals(201, put(user, "https://llm.example/v1").status());
      }
      try (Setup listing = Setup.start(Map.of("carol.allowed.hosts", "api.anthropic.com"))) {
        for (String own : ANTHROPICS_OWN) {
          assertEquals(201, listing.newUser().api().put(own).status(), own);
        }
      }
    }
  }
}
