package io.carol.llm.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.function.Consumer;

/** Writes and sends bodies. */
public final class Responses {
  // Looked up once: JsonProvider.provider() searches the class path at every call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final Header JSON_TYPE =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

  // Helidon holds a copy of what it is given until the client has taken it.
  private static final int MAX_SLICE_BYTES = 8 * 1024;

  private Responses() {}

  /** A JSON object with the members that are written to the generator. */
  public static byte[] json(Consumer<JsonGenerator> members) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      members.accept(json);
      json.writeEnd();
    }
    return bytes.toByteArray();
  }

  /** Ends a response with this body of JSON. */
  public static void sendJson(ServerRequest request, ServerResponse response, byte[] json) {
    response.header(JSON_TYPE);
    send(request, response, json);
  }

  /**
   * Ends a response with this body. The answer to HEAD gets the length of the body alone (RFC 9110
   * §9.3.2): Helidon would send the bytes, which the client would take for the next response.
   *
   * <p>A client that does not read holds 8 KB of a large body in memory, and not a copy of it.
   *
   * @param body not copied, and not to be changed any more
   */
  public static void send(ServerRequest request, ServerResponse response, byte[] body) {
    if (request.prologue().method().equals(Method.HEAD)) {
      response.headers().contentLength(body.length);
      response.send();
    } else if (body.length <= 2 * MAX_SLICE_BYTES) {
      response.send(body);
    } else {
      response.headers().contentLength(body.length);
      try (OutputStream stream = response.outputStream()) {
        for (int start = 0; start < body.length; start += MAX_SLICE_BYTES) {
          stream.write(body, start, Math.min(MAX_SLICE_BYTES, body.length - start));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
