package io.carol.llm.config;

import java.util.Optional;

/** Which tokens are accepted. {@link Setting} says what each of these settings means. */
public record AuthConfig(
    String issuer,
    String audience,
    Optional<String> keySet,
    Optional<String> caFile,
    String cookie) {}
