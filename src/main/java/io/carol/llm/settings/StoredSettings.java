package io.carol.llm.settings;

import org.jspecify.annotations.Nullable;

/**
 * What a user may see of their stored settings.
 *
 * @param baseUrl null for Anthropic's own address, unless the user has sent that
 * @param keyConfigured whether an API key is stored
 * @param version a UUID that changes with every write
 */
public record StoredSettings(
    String provider,
    String model,
    @Nullable String baseUrl,
    boolean keyConfigured,
    String version) {}
