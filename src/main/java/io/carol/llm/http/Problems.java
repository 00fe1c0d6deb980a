package io.carol.llm.http;

import io.helidon.common.context.Context;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportRequest;
import io.helidon.http.DirectHandler.TransportResponse;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.Method;
import io.helidon.http.PathMatcher;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ErrorHandler;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns everything that ends a request early into {@code application/problem+json} (RFC 9457): what
 * handlers throw, and what the server refuses before any handler runs.
 */
public final class Problems {
  /** The largest body accepted, in bytes. */
  public static final int MAX_BODY_BYTES = 64 * 1024;

  /**
   * The largest refused body that is still read to its end, in bytes. A client that is still
   * sending can then read the answer; otherwise it would see a broken connection.
   */
  public static final int MAX_DRAINED_BYTES = 1024 * 1024;

  private static final Logger LOGGER = LoggerFactory.getLogger(Problems.class);
  private static final Header CONTENT_TYPE =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/problem+json");
  private static final Header WWW_AUTHENTICATE =
      HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer");
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
        .error(HttpException.class, as(Problems::ofHelidon))
        .error(Throwable.class, as(Problems::internal));
  }

  /** An error handler for another package's exception, to be registered on a routing. */
  public static <T extends Throwable> ErrorHandler<T> as(Function<T, ProblemException> problem) {
    return (request, response, thrown) -> send(request, response, problem.apply(thrown));
  }

  /** Ends requests whose method is not allowed at their path. */
  public static Handler onlyAllow(String... methods) {
    Header allow = HeaderValues.create(HeaderNames.ALLOW, String.join(", ", methods));
    return (request, response) -> {
      throw new ProblemException(
          ProblemType.METHOD_NOT_ALLOWED, "Use " + String.join(" or ", methods) + ".", allow);
    };
  }

  /** Refuses every method but GET and HEAD on these paths. */
  public static void readOnly(HttpRouting.Builder routing, PathMatcher paths) {
    routing.route(
        Method.predicate(Method.GET, Method.HEAD).negate(), paths, onlyAllow("GET", "HEAD"));
  }

  /** Handlers for what the server refuses before routing: bad request lines, sizes, framing. */
  public static DirectHandlers directHandlers(AccessLog accessLog) {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (EventType type : EventType.values()) {
      handlers.addHandler(
          type,
          (request, event, status, headers, message) ->
              beforeRouting(request, problem(request, status), accessLog));
    }
    return handlers.build();
  }

  /** The problem for a body over {@link #MAX_BODY_BYTES}. */
  public static ProblemException tooLarge() {
    return new ProblemException(
        ProblemType.PAYLOAD_TOO_LARGE, "Send a body of at most " + MAX_BODY_BYTES + " bytes.");
  }

  /** Ends a request, which has its {@link RequestId} from the filter, with this problem. */
  public static void send(
      ServerRequest request, ServerResponse response, ProblemException problem) {
    RequestId id = request.context().get(RequestId.class).orElseThrow();
    Throwable cause = problem.getCause();
    if (problem.type() == ProblemType.INTERNAL) {
      LOGGER.error("Request {} ended with internal", id.value(), cause);
    } else if (cause != null) {
      LOGGER.warn(
          "Request {} ended with {}: {}", id.value(), problem.type().code(), cause.getMessage());
    }
    // For the access log.
    request.context().register(problem.type());
    response.status(Status.create(problem.type().status()));
    setHeaders(response.headers(), problem, id);
    Responses.send(request, response, document(problem, id));
  }

  private static ProblemException ofHelidon(HttpException thrown) {
    return switch (thrown.status().code()) {
      case 404 -> new ProblemException(ProblemType.NOT_FOUND, "Check the path.");
      case 400, 406, 415 ->
          new ProblemException(ProblemType.BAD_REQUEST, "Check the query and the headers.");
      default -> internal(thrown);
    };
  }

  /** The problem for a fault of the service. */
  public static ProblemException internal(Throwable thrown) {
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
    switch (problem.type()) {
      case UNAUTHENTICATED -> headers.set(WWW_AUTHENTICATE);
      // Not for an encryption key, which stays as it is until an operator changes it.
      case RATE_LIMITED, DATABASE_UNAVAILABLE, IDENTITY_PROVIDER_UNAVAILABLE ->
          headers.set(RETRY_AFTER);
      default -> {}
    }
    problem.headers().forEach(headers::set);
  }

  private static byte[] document(ProblemException problem, RequestId id) {
    return Responses.json(json -> {
      json.write("type", "urn:carol:problem:" + problem.type().code())
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
    });
  }

  private static TransportResponse beforeRouting(
      TransportRequest request, ProblemException problem, AccessLog accessLog) {
    RequestId id = RequestId.of(request.headers());
    int status = problem.type().status();
    Context context = Context.create();
    context.register(problem.type());
    accessLog.write(id, request.method(), "", status, 0, context);
    ServerResponseHeaders headers = ServerResponseHeaders.create();
    setHeaders(headers, problem, id);
    return TransportResponse.builder()
        .status(Status.create(status))
        .headers(headers)
        .entity(request.method().equals("HEAD") ? new byte[0] : document(problem, id))
        .build();
  }

  private static ProblemException problem(TransportRequest request, Status status) {
    if (status.code() == 413) {
      return tooLarge();
    }
    if (status.code() == 505) {
      return new ProblemException(
          ProblemType.HTTP_VERSION_NOT_SUPPORTED,
          "Send HTTP/1.1. An nginx in front needs the line: proxy_http_version 1.1;");
    }
    if (request.headers().contains(HeaderNames.CONTENT_ENCODING)) {
      return new ProblemException(
          ProblemType.UNSUPPORTED_MEDIA_TYPE, "Send the body as it is, without Content-Encoding.");
    }
    return new ProblemException(
        ProblemType.BAD_REQUEST,
        "Check the request line, its length, the Host header and the framing of the body.");
  }
}
