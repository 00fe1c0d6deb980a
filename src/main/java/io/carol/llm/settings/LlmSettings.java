package io.carol.llm.settings;

import io.carol.llm.settings.baseurl.BaseUrl;
import org.jspecify.annotations.Nullable;

/**
 * Which LLM a user has chosen.
 *
 * @param baseUrl for {@link Provider#OPENAI_COMPATIBLE} only, and always there
 */
public record LlmSettings(Provider provider, ModelName model, @Nullable BaseUrl baseUrl) {

  /**
   * @throws IllegalArgumentException when provider and base URL do not go together
   */
  public LlmSettings {
    if ((provider == Provider.OPENAI_COMPATIBLE) != (baseUrl != null)) {
      throw new IllegalArgumentException("A base URL goes with openai_compatible, and only there.");
    }
  }

  /** The origin of the base URL; empty for a provider with a fixed address. */
  public String origin() {
    return baseUrl == null ? "" : baseUrl.origin();
  }
}
