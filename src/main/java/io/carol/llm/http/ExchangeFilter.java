package io.carol.llm.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The first filter: gives each request its id and the response its security headers, refuses bodies
 * whose end is ambiguous or too far away, writes the access log, and closes the connection where it
 * cannot be used again.
 */
public final class ExchangeFilter implements Filter {
  /** The largest body accepted, in bytes. */
  public static final int MAX_BODY_BYTES = 64 * 1024;

  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,18}");

  private final AccessLog accessLog;

  public ExchangeFilter(AccessLog accessLog) {
    this.accessLog = accessLog;
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    long started = System.nanoTime();
    RequestId id = RequestId.of(request.headers());
    request.context().register(id);
    SecurityHeaders.set(response.headers());
    response.headers().set(RequestId.HEADER, id.value());
    try {
      if (framingIsAmbiguous(request.headers())) {
        Problems.send(
            request,
            response,
            new ProblemException(
                ProblemType.BAD_REQUEST,
                "Send either one Content-Length of plain digits or Transfer-Encoding: chunked.",
                HeaderValues.CONNECTION_CLOSE));
      } else if (contentLength(request.headers()) > MAX_BODY_BYTES) {
        Problems.send(request, response, tooLarge());
      } else {
        chain.proceed();
      }
    } finally {
      accessLog.routed(
          response.headers().first(RequestId.HEADER).orElse(id.value()),
          request.prologue().method().text(),
          request.path().rawPath(),
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
  public static ProblemException tooLarge() {
    return new ProblemException(
        ProblemType.PAYLOAD_TOO_LARGE, "Send a body of at most " + MAX_BODY_BYTES + " bytes.");
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
        || !codings.getFirst().toLowerCase(Locale.ROOT).equals("chunked");
  }

  private static long contentLength(ServerRequestHeaders headers) {
    return headers.first(HeaderNames.CONTENT_LENGTH).map(Long::parseLong).orElse(0L);
  }

  private static boolean mustClose(RoutingRequest request, RoutingResponse response) {
    ServerRequestHeaders headers = request.headers();
    boolean bodyNeverAskedFor =
        headers.contains(HeaderValues.EXPECT_100) && !request.continueSent();
    return bodyNeverAskedFor
        || response.headers().contains(HeaderValues.CONNECTION_CLOSE)
        || headers.all(HeaderNames.CONNECTION, List::of).stream()
            .flatMap(value -> List.of(value.split(",")).stream())
            .anyMatch(option -> option.strip().equalsIgnoreCase("close"));
  }
}
