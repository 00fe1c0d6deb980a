package io.carol.llm.http;

import java.time.Duration;

/**
 * How long a client may take.
 *
 * @param header for a request line with its headers, from its first byte to its last
 * @param body for a body as a whole, from when it is asked for
 * @param idle between two requests
 */
public record Patience(Duration header, Duration body, Duration idle) {}
