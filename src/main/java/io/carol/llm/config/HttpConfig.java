package io.carol.llm.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The two listeners.
 *
 * @param port of the API and the page; 0 for any free one
 * @param observePort of probes and metrics; 0 for any free one
 * @param maxConnections to the API at once
 * @param writesPerMinute PUT and DELETE of one user; 0 for no limit
 * @param checkEnabled whether settings can be tried against their provider
 * @param drain how long a stopping service goes on serving while it is no longer ready
 * @param corsOrigins origins whose pages may call the API with a bearer token
 * @param signInUrl where the page sends a person who is not signed in
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
