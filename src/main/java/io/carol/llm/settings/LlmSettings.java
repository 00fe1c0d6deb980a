package io.carol.llm.settings;

import io.carol.llm.settings.baseurl.BaseUrl;
import org.jspecify.annotations.Nullable;

/**
 * Which LLM a user has chosen.
 *
 * @param baseUrl null for {@link Provider#ANTHROPIC} at Anthropic's own address
 */
public record LlmSettings(Provider provider, ModelName model, @Nullable BaseUrl baseUrl) {

  /**
   * @throws IllegalArgumentException when {@link Provider#OPENAI_COMPATIBLE} has no base URL
   */
  public LlmSettings {
    if (provider == Provider.OPENAI_COMPATIBLE && baseUrl == null) {
      throw new IllegalArgumentException("openai_compatible needs a base URL.");
    }
  }

  /** The base URL as it is stored; null as {@code baseUrl}. */
  @Nullable String baseUrlText() {
    return baseUrl == null ? null : baseUrl.text();
  }

  /** Where the API key of these settings may be sent: {@link Provider#origin}. */
  public String origin() {
    return provider.origin(baseUrl);
  }
}
