package io.carol.llm.settings;

import static io.carol.llm.testing.TestPolicy.ALL_HOSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

public final class LlmSettingsTest {
  private static LlmSettings settings(Provider provider, @Nullable String baseUrl) {
    return new LlmSettings(
        provider, new ModelName("m"), baseUrl == null ? null : ALL_HOSTS.parse(baseUrl));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          ANTHROPIC, -, ''
          ANTHROPIC, https://api.anthropic.com, ''
          ANTHROPIC, https://api.anthropic.com/, ''
          ANTHROPIC, HTTPS://API.Anthropic.COM:443, ''
          ANTHROPIC, https://api.anthropic.com/some/path, ''
          ANTHROPIC, https://api.anthropic.com:8443, https://api.anthropic.com:8443
          ANTHROPIC, https://eu.api.anthropic.com, https://eu.api.anthropic.com
          ANTHROPIC, https://api.anthropic.com.evil.example, https://api.anthropic.com.evil.example
          ANTHROPIC, https://gateway.example/anthropic, https://gateway.example
          ANTHROPIC, http://litellm:4000, http://litellm:4000
          OPENAI_COMPATIBLE, https://LLM.example:443/v1, https://llm.example
          OPENAI_COMPATIBLE, https://api.anthropic.com/v1, https://api.anthropic.com
          """)
  public void originIsEmptyForAnthropicsOwnAddressOnly(
      Provider provider, @Nullable String baseUrl, String origin) {
    assertEquals(origin, settings(provider, baseUrl).origin());
  }

  @Test
  public void openaiCompatibleNeedsABaseUrl() {
    assertThrows(IllegalArgumentException.class, () -> settings(Provider.OPENAI_COMPATIBLE, null));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          ANTHROPIC, -, /v1/messages, https://api.anthropic.com/v1/messages
          ANTHROPIC, http://litellm:4000/anthropic, /v1/models, http://litellm:4000/anthropic/v1/models
          OPENAI_COMPATIBLE, https://a.example/v1, /chat/completions, https://a.example/v1/chat/completions
          """)
  public void agentsGetTheUrlOfEachCall(
      Provider provider, @Nullable String baseUrl, String path, String url) {
    assertEquals(
        url,
        new DecryptedLlmSettings("user", "", provider, "m", baseUrl, Optional.empty()).url(path));
  }
}
