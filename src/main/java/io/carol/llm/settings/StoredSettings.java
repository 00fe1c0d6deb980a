package io.carol.llm.settings;

import org.jspecify.annotations.Nullable;

/**
 * What a person may see of their stored settings.
 *
 * @param baseUrl as it was sent; null for a provider with a fixed address
 * @param keyConfigured whether an API key is stored
 * @param version changes with every write and says nothing else; a UUID
 */
public record StoredSettings(
    String provider,
    String model,
    @Nullable String baseUrl,
    boolean keyConfigured,
    String version) {}
