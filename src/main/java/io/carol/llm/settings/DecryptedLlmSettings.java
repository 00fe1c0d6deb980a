package io.carol.llm.settings;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything it takes to call a user's LLM, read at one moment.
 *
 * @param baseUrl null for a provider with a fixed address
 * @param apiKey empty when the LLM is used without one
 */
public record DecryptedLlmSettings(
    Provider provider, String model, @Nullable String baseUrl, Optional<ApiKey> apiKey) {}
