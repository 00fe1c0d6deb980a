package io.carol.llm.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Set;

/**
 * Lets pages of named origins call the API with a bearer token (CORS protocol of the Fetch
 * standard). Credentials are never allowed, so a browser keeps the session cookie to itself.
 *
 * <p>Helidon's {@code CorsFeature} is not used. It answers every other origin with an empty 403,
 * and behind a proxy that ends TLS it takes the service's own page for one of another origin.
 */
final class Cors {
  private final Set<String> origins;

  /**
   * @param origins scheme, host and port as a browser sends them; empty for none
   */
  Cors(Set<String> origins) {
    this.origins = origins;
  }

  /**
   * Adds the headers that let the page of a named origin read the response.
   *
   * @return whether that page only asks what it may send, with a preflight request
   */
  boolean setHeaders(ServerRequest request, ServerResponse response) {
    if (origins.isEmpty()) {
      return false;
    }
    response.header(HeaderNames.VARY, "Origin");
    String origin = request.headers().first(HeaderNames.ORIGIN).orElse("");
    if (!origins.contains(origin)) {
      return false;
    }
    response
        .header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
        .header(HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, X-Request-Id, Retry-After");
    return request.prologue().method().equals(Method.OPTIONS)
        && request.headers().contains(HeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
  }

  /** Answers a preflight request. */
  static void answerPreflight(ServerResponse response) {
    response
        .header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, PUT, POST, DELETE")
        .header(
            HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, If-Match, If-None-Match")
        .header(HeaderNames.ACCESS_CONTROL_MAX_AGE, "600")
        .status(Status.NO_CONTENT_204)
        .send();
  }
}
