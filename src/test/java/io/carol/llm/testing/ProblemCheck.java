package io.carol.llm.testing;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;

/** What every problem document of the service has to be (RFC 9457 and our own rules). */
public final class ProblemCheck {
  /** What every answer of the API is sent with, problem or not. */
  public static final Map<String, String> SECURITY_HEADERS =
      Map.of(
          "cache-control", "no-store",
          "x-content-type-options", "nosniff",
          "referrer-policy", "no-referrer",
          "x-frame-options", "DENY",
          "cross-origin-resource-policy", "same-origin",
          "content-security-policy", "default-src 'none'; frame-ancestors 'none'");

  private ProblemCheck() {}

  /** Fails unless this is the problem expected, complete, and with the headers of every problem. */
  public static void assertProblem(int status, String code, Reply reply) {
    assertHeaders(status, reply);
    assertEquals(
        Set.of("type", "title", "status", "detail", "code", "requestId"), reply.json().keySet());
    assertAll(
        () -> assertEquals(code, reply.code()),
        () -> assertEquals("urn:carol:problem:" + code, reply.text("type")),
        () -> assertEquals(status, reply.json().getInt("status")),
        () -> assertEquals(reply.header("x-request-id"), reply.text("requestId")));
  }

  /** The same for the answer to a HEAD request, whose body is not sent. */
  public static void assertHeaders(int status, Reply reply) {
    assertAll(
        () -> assertEquals(status, reply.status(), reply::body),
        () -> assertEquals("application/problem+json", reply.header("content-type")),
        () -> assertTrue(reply.header("x-request-id").matches("[A-Za-z0-9._-]{1,64}")),
        () -> assertSecurityHeaders(reply));
  }

  /** Fails unless the headers that protect a browser are there, and none that opens a door. */
  public static void assertSecurityHeaders(Reply reply) {
    SECURITY_HEADERS.forEach((name, value) -> assertEquals(value, reply.header(name), name));
    assertFalse(
        reply.headers().keySet().stream().anyMatch(name -> name.startsWith("access-control-")),
        () -> "CORS: " + reply.headers());
  }
}
