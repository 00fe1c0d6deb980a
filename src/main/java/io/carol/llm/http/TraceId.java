package io.carol.llm.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which trace a request belongs to, as its {@code traceparent} says (W3C Trace Context §3.2).
 *
 * @param value 32 lower-case hex digits, not all zero
 */
public record TraceId(String value) {
  static final ScopedValue<TraceId> CURRENT = ScopedValue.newInstance();

  private static final HeaderName HEADER = HeaderNames.create("traceparent");
  // There is no version ff, and version 00 ends after the flags; a later one may go on.
  private static final Pattern TRACEPARENT =
      Pattern.compile(
          "(?!ff|00.{53}-)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
              + "(?:-.*)?");

  /** That of the request this thread is answering. */
  public static Optional<TraceId> current() {
    return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
  }

  static Optional<TraceId> of(Headers requestHeaders) {
    return requestHeaders
        .first(HEADER)
        .map(TRACEPARENT::matcher)
        .filter(Matcher::matches)
        .map(parts -> new TraceId(parts.group(1)));
  }
}
