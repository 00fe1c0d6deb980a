package io.carol.llm.http;

import io.helidon.webserver.http.ServerRequest;

/**
 * The user that a request is from. It is in the request's context once the token was accepted.
 *
 * @param value the subject of the token, as it came; not for logs
 */
public record UserId(String value) {
  /** The user id of an authenticated request. */
  public static String of(ServerRequest request) {
    return request.context().get(UserId.class).orElseThrow().value();
  }
}
