package io.carol.llm.http;

import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** Sends bodies. */
public final class Responses {
  private Responses() {}

  /**
   * Ends a response with this body. The answer to HEAD gets the length of the body alone (RFC 9110
   * §9.3.2): Helidon would send the bytes, which the client would take for the next response.
   */
  public static void send(ServerRequest request, ServerResponse response, byte[] body) {
    if (request.prologue().method().equals(Method.HEAD)) {
      response.headers().contentLength(body.length);
      response.send();
    } else {
      response.send(body);
    }
  }
}
