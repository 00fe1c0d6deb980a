package io.carol.llm.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The first filter: gives each request its id and the response its security headers, refuses bodies
 * whose end is ambiguous or too far away, writes the access log, and closes the connection where it
 * cannot be used again.
 */
public final class RequestFilter implements Filter {
  /** The largest body accepted, in bytes. */
  public static final int MAX_BODY_BYTES = 64 * 1024;

  /**
   * The largest body that is read to its end although it is refused, in bytes: who sends a file by
   * mistake reads the answer and not of a broken connection.
   */
  public static final int MAX_DRAINED_BYTES = 16 * 1024 * 1024;

  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,18}");
  private static final HeaderName NAMELESS = HeaderNames.create("");
  // The part of an absolute target (RFC 9112 §3.2.2) that is before its path.
  private static final Pattern ORIGIN = Pattern.compile("^https?://[^/]+(?=/)");

  private final AccessLog accessLog;
  private volatile boolean draining;

  public RequestFilter(AccessLog accessLog) {
    this.accessLog = accessLog;
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
    SecurityHeaders.set(response.headers());
    response.headers().set(RequestId.HEADER, id.value());
    if (draining || isLast(request)) {
      response.headers().set(HeaderValues.CONNECTION_CLOSE);
    }
    try {
      if (framingIsAmbiguous(request.headers())) {
        Problems.send(
            request,
            response,
            refused(
                "Send either one Content-Length of plain digits or Transfer-Encoding: chunked."));
      } else if (request.headers().contains(NAMELESS)) {
        Problems.send(request, response, refused("Give every header a name."));
      } else if (request.prologue().fragment().hasValue()) {
        Problems.send(request, response, refused("Send the URL without its fragment."));
      } else if (!path.equals(request.path().path())) {
        Problems.send(
            request, response, new ProblemException(ProblemType.NOT_FOUND, "Check the path."));
      } else if (contentLength(request.headers()) > MAX_BODY_BYTES) {
        Problems.send(request, response, tooLarge());
      } else {
        chain.proceed();
      }
    } finally {
      accessLog.routed(
          response.headers().first(RequestId.HEADER).orElse(id.value()),
          request.prologue().method().text(),
          path,
          response.isSent() ? response.status().code() : 499,
          System.nanoTime() - started,
          request.context().get(UserId.class).map(UserId::value).orElse(""));
    }
    if (mustClose(request, response)) {
      // Helidon goes on reading the connection even when either side has said close.
      throw new CloseConnectionException("The exchange ends the connection");
    }
  }

  /** The problem for a body over {@link #MAX_BODY_BYTES}. */
  public static ProblemException tooLarge(Header... headers) {
    return new ProblemException(
        ProblemType.PAYLOAD_TOO_LARGE,
        "Send a body of at most " + MAX_BODY_BYTES + " bytes.",
        headers);
  }

  private static ProblemException refused(String detail) {
    return new ProblemException(ProblemType.BAD_REQUEST, detail, HeaderValues.CONNECTION_CLOSE);
  }

  /**
   * The path as it was sent. Helidon routes by a decoded one without dot segments, doubled slashes
   * and parameters; whatever decides by the path in front of this service may see another.
   */
  private static String path(RoutingRequest request) {
    String sent = request.prologue().uriPath().rawPath();
    return sent.startsWith("/") ? sent : ORIGIN.matcher(sent).replaceFirst("");
  }

  /** RFC 9112 §6.3: what a proxy in front could read differently is where requests get smuggled. */
  private static boolean framingIsAmbiguous(ServerRequestHeaders headers) {
    List<String> codings = headers.all(HeaderNames.TRANSFER_ENCODING, List::of);
    List<String> lengths = headers.all(HeaderNames.CONTENT_LENGTH, List::of);
    if (codings.isEmpty()) {
      return lengths.size() > 1
          || (lengths.size() == 1 && !DECIMAL.matcher(lengths.getFirst()).matches());
    }
    return !lengths.isEmpty()
        || codings.size() > 1
        // In lower case only: Helidon knows no other spelling and would read no body at all.
        || !codings.getFirst().equals("chunked");
  }

  private static long contentLength(ServerRequestHeaders headers) {
    return headers.first(HeaderNames.CONTENT_LENGTH).map(Long::parseLong).orElse(0L);
  }

  /** Whether the connection cannot be used again, because a body is left on it or by request. */
  static boolean mustClose(ServerRequest request, ServerResponse response) {
    ServerRequestHeaders headers = request.headers();
    boolean bodyNeverAskedFor =
        headers.contains(HeaderValues.EXPECT_100) && !request.continueSent();
    return bodyNeverAskedFor
        || response.headers().contains(HeaderValues.CONNECTION_CLOSE)
        || isLast(request);
  }

  /** The client asks for it. */
  private static boolean isLast(ServerRequest request) {
    return request.headers().contains(HeaderNames.CONNECTION)
        && request.headers().all(HeaderNames.CONNECTION, List::of).stream()
            .flatMap(value -> List.of(value.split(",")).stream())
            .anyMatch(option -> option.strip().equalsIgnoreCase("close"));
  }
}
