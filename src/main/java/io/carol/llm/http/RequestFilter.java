package io.carol.llm.http;

import io.carol.llm.observability.Logging;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * The first filter: gives the request its id, in the response and in its lines of the audit log,
 * sets the security headers, refuses requests that a proxy could read otherwise, writes the access
 * log, and closes the connection where it cannot be used again. Thread-safe.
 */
public final class RequestFilter implements Filter {
  private static final HeaderName NAMELESS = HeaderNames.create("");
  // The part of an absolute target (RFC 9112 §3.2.2) that is before its path.
  private static final Pattern ORIGIN = Pattern.compile("^https?://[^/]+(?=/)");

  private final AccessLog accessLog;
  private final Cors cors;
  private volatile boolean draining;

  /**
   * @param corsOrigins origins whose pages may call the API; see {@link Cors}
   */
  public RequestFilter(AccessLog accessLog, Set<String> corsOrigins) {
    this.accessLog = accessLog;
    this.cors = new Cors(corsOrigins);
  }

  /** Whether every response closes its connection. */
  public boolean draining() {
    return draining;
  }

  /** From now on every response closes its connection. */
  public void startDraining() {
    draining = true;
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    long started = System.nanoTime();
    RequestId id = RequestId.of(request.headers());
    request.context().register(id);
    String path = path(request);
    MDC.put(Logging.REQUEST_ID, id.value());
    SecurityHeaders.set(response.headers());
    response.headers().set(RequestId.HEADER, id.value());
    if (draining) {
      response.headers().set(HeaderValues.CONNECTION_CLOSE);
    }
    response.beforeSend(() -> {
      if (bodyIsLeft(request)) {
        response.headers().set(HeaderValues.CONNECTION_CLOSE);
      }
    });
    try {
      boolean preflight = cors.setHeaders(request, response);
      ProblemException refusal = refusal(request, path);
      if (refusal != null) {
        Problems.send(request, response, refusal);
      } else if (preflight) {
        Cors.answerPreflight(response);
      } else {
        chain.proceed();
      }
    } finally {
      int status = response.isSent() ? response.status().code() : 499;
      String method = request.prologue().method().text();
      long nanoseconds = System.nanoTime() - started;
      accessLog.write(id, method, path, status, nanoseconds, request.context());
      MDC.remove(Logging.REQUEST_ID);
    }
    if (response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      // Helidon 4.5.0 reads on, even when client or service has said close.
      throw new CloseConnectionException("The exchange ends the connection");
    }
  }

  /** Whether bytes of the body may still come that must not be read as the next request. */
  private static boolean bodyIsLeft(ServerRequest request) {
    boolean askedFor =
        request.continueSent() || !request.headers().containsToken(HeaderValues.EXPECT_100);
    boolean hasEnd = !request.headers().contains(HeaderNames.TRANSFER_ENCODING);
    return !(askedFor && hasEnd) && !request.content().consumed();
  }

  private static @Nullable ProblemException refusal(RoutingRequest request, String path) {
    if (request.headers().contains(NAMELESS)) {
      return refused("Give every header a name.");
    }
    if (request.prologue().fragment().hasValue()) {
      return refused("Send the URL without its fragment.");
    }
    if (!path.equals(request.path().path())) {
      return new ProblemException(ProblemType.NOT_FOUND, "Check the path.");
    }
    return request.headers().contentLength().orElse(0) > Problems.MAX_BODY_BYTES
        ? Problems.tooLarge()
        : null;
  }

  private static ProblemException refused(String detail) {
    return new ProblemException(ProblemType.BAD_REQUEST, detail, HeaderValues.CONNECTION_CLOSE);
  }

  /**
   * The path as the client sent it. Helidon routes by a decoded one without dot segments, doubled
   * slashes and parameters, and a proxy that decides by the path may see another.
   */
  private static String path(RoutingRequest request) {
    return ORIGIN.matcher(request.prologue().uriPath().rawPath()).replaceFirst("");
  }
}
