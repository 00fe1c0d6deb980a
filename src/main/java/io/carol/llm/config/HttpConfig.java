package io.carol.llm.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The two listeners. {@link Setting} says what each of these settings means. A port of 0 is any
 * free one.
 */
public record HttpConfig(
    int port,
    int observePort,
    int maxConnections,
    int writesPerMinute,
    boolean checkEnabled,
    Duration drain,
    List<String> corsOrigins,
    Optional<String> signInUrl) {}
