package io.carol.llm.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.NotFoundException;
import io.helidon.http.PathMatcher;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ErrorHandler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns everything that ends a request early into {@code application/problem+json} (RFC 9457): what
 * handlers throw, and what the server refuses before any handler runs.
 */
public final class Problems {
  private static final Logger LOGGER = LoggerFactory.getLogger(Problems.class);
  // Looked up once: JsonProvider.provider() searches the class path at every call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final Header CONTENT_TYPE =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/problem+json");
  private static final Header WWW_AUTHENTICATE =
      HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer");
  private static final Header ALLOW_GET = HeaderValues.createCached(HeaderNames.ALLOW, "GET");
  private static final Header RETRY_AFTER = HeaderValues.createCached(HeaderNames.RETRY_AFTER, "2");

  private Problems() {}

  /**
   * Answers exceptions of this routing with problem documents. One that is neither a {@link
   * ProblemException} nor registered through {@link #as} is a 500, logged with its cause under the
   * id the client got.
   */
  public static void register(HttpRouting.Builder routing) {
    routing
        .error(ProblemException.class, Problems::send)
        .error(
            NotFoundException.class,
            as(e -> new ProblemException(ProblemType.NOT_FOUND, "Check the path.")))
        .error(Throwable.class, as(Problems::internal));
  }

  /** An error handler for another room's exception, to be registered on a routing. */
  public static <T extends Throwable> ErrorHandler<T> as(Function<T, ProblemException> problem) {
    return (request, response, thrown) -> send(request, response, problem.apply(thrown));
  }

  /** Refuses every method but GET on these paths. */
  public static void onlyGet(HttpRouting.Builder routing, PathMatcher paths) {
    routing.route(
        method -> !method.equals(Method.GET),
        paths,
        (request, response) -> {
          throw new ProblemException(ProblemType.METHOD_NOT_ALLOWED, "Use GET.", ALLOW_GET);
        });
  }

  /** Handlers for what the server refuses before routing: bad request lines, sizes, framing. */
  public static DirectHandlers directHandlers(AccessLog accessLog) {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
      handlers.addHandler(type, new BeforeRouting(accessLog));
    }
    return handlers.build();
  }

  /** Ends a request with this problem. */
  public static void send(
      ServerRequest request, ServerResponse response, ProblemException problem) {
    RequestId id = request.context().get(RequestId.class).orElseGet(RequestId::random);
    Throwable cause = problem.getCause();
    if (problem.type() == ProblemType.INTERNAL) {
      LOGGER.error("Request {} ended with internal", id.value(), cause);
    } else if (cause != null) {
      LOGGER.warn(
          "Request {} ended with {}: {}", id.value(), problem.type().code(), cause.getMessage());
    }
    response.status(Status.create(problem.type().status()));
    setHeaders(response.headers(), problem, id);
    if (RequestFilter.mustClose(request, response)) {
      response.headers().set(HeaderValues.CONNECTION_CLOSE);
    }
    byte[] document = document(problem, id);
    if (request.prologue().method().equals(Method.HEAD)) {
      // Helidon would send the body, and the client take it for the next response.
      response.headers().contentLength(document.length);
      response.send();
    } else {
      response.send(document);
    }
  }

  private static ProblemException internal(Throwable thrown) {
    return new ProblemException(
        ProblemType.INTERNAL,
        "This is a fault of the service. Try again; if it stays, give its operator the requestId.",
        thrown);
  }

  private static void setHeaders(
      WritableHeaders<?> headers, ProblemException problem, RequestId id) {
    SecurityHeaders.set(headers);
    headers.set(CONTENT_TYPE);
    headers.set(RequestId.HEADER, id.value());
    switch (problem.type().status()) {
      case 401 -> headers.set(WWW_AUTHENTICATE);
      case 429, 503 -> headers.set(RETRY_AFTER);
      default -> {}
    }
    problem.headers().forEach(headers::set);
  }

  private static byte[] document(ProblemException problem, RequestId id) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject()
          .write("type", "urn:carol:problem:" + problem.type().code())
          .write("title", problem.type().title())
          .write("status", problem.type().status())
          .write("detail", problem.detail())
          .write("code", problem.type().code())
          .write("requestId", id.value());
      if (!problem.errors().isEmpty()) {
        json.writeStartArray("errors");
        for (FieldError error : problem.errors()) {
          json.writeStartObject()
              .write("pointer", error.pointer())
              .write("code", error.code())
              .write("detail", error.detail())
              .writeEnd();
        }
        json.writeEnd();
      }
      json.writeEnd();
    }
    return bytes.toByteArray();
  }

  private record BeforeRouting(AccessLog accessLog) implements DirectHandler {

    @Override
    public TransportResponse handle(
        TransportRequest request,
        EventType eventType,
        Status status,
        ServerResponseHeaders headers,
        String message) {
      RequestId id = RequestId.of(request.headers());
      ProblemException problem = problem(request, status);
      accessLog.beforeRouting(id, request.method(), problem.type().status());
      return respond(request, problem, id);
    }

    private static TransportResponse respond(
        TransportRequest request, ProblemException problem, RequestId id) {
      ServerResponseHeaders headers = ServerResponseHeaders.create();
      setHeaders(headers, problem, id);
      return TransportResponse.builder()
          .status(Status.create(problem.type().status()))
          .headers(headers)
          .keepAlive(false)
          .entity(request.method().equals("HEAD") ? new byte[0] : document(problem, id))
          .build();
    }

    private static ProblemException problem(TransportRequest request, Status status) {
      return switch (status.code()) {
        case 404 -> new ProblemException(ProblemType.NOT_FOUND, "Check the path.");
        case 413 -> RequestFilter.tooLarge();
        case 400, 414 -> {
          if (request.headers().contains(HeaderNames.CONTENT_ENCODING)) {
            yield new ProblemException(
                ProblemType.UNSUPPORTED_MEDIA_TYPE,
                "Send the body as it is, without Content-Encoding.");
          }
          yield new ProblemException(
              ProblemType.BAD_REQUEST,
              "Check the request line, its length, the Host header and the framing of the body.");
        }
        default -> new ProblemException(ProblemType.BAD_REQUEST, "Check the request.");
      };
    }
  }
}
