package io.carol.llm.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * What ties an answer to its log lines. Taken from {@code X-Request-Id} when the caller or a proxy
 * sent a harmless one, else random.
 */
record RequestId(String value) {
  static final HeaderName HEADER = HeaderNames.create("X-Request-Id");
  private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  static RequestId of(Headers requestHeaders) {
    return requestHeaders
        .first(HEADER)
        .filter(sent -> HARMLESS.matcher(sent).matches())
        .map(RequestId::new)
        .orElseGet(() ->
            new RequestId(HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong())));
  }
}
