package io.carol.llm.settings;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything it takes to call a user's LLM, read at one moment.
 *
 * @param userId the user that the settings belong to
 * @param version of the stored settings; empty for settings that are not stored
 * @param baseUrl without a slash at its end; null for Anthropic's own address
 * @param apiKey empty when the LLM is used without one
 */
public record DecryptedLlmSettings(
    String userId,
    String version,
    Provider provider,
    String model,
    @Nullable String baseUrl,
    Optional<ApiKey> apiKey) {

  /**
   * The URL of a call.
   *
   * @param path what follows the base URL, such as {@code /chat/completions}, or {@code
   *     /v1/messages} for {@link Provider#ANTHROPIC}
   */
  public String url(String path) {
    return Provider.address(baseUrl) + path;
  }
}
