package io.carol.llm.http;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Words;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of named origins can call the API, and those of no other. */
final class CorsTest {
  private static final String NAMED = "https://app.carol.example";
  private static final String BODY = "{\"provider\":\"anthropic\",\"model\":\"m\"}";

  @AutoClose
  private static final TestService service =
      TestService.start("carol.cors.origins", NAMED + ", http://localhost:3000");

  @ParameterizedTest
  @ValueSource(strings = {NAMED, "http://localhost:3000"})
  void aPreflightRequestOfANamedOriginIsToldWhatItMaySend(String origin) {
    Reply reply = preflight(origin);
    assertEquals(204, reply.status());
    assertEquals(origin, reply.header("access-control-allow-origin"));
    assertEquals(
        Set.of("GET", "HEAD", "PUT", "POST", "DELETE"),
        list(reply, "access-control-allow-methods"));
    assertEquals(
        Set.of("Authorization", "Content-Type", "If-Match", "If-None-Match"),
        list(reply, "access-control-allow-headers"));
    assertEquals("Origin", reply.header("vary"));
    assertTrue(Integer.parseInt(reply.header("access-control-max-age")) > 0);
  }

  @ParameterizedTest
  @Words(
      """
      https://evil.example http://app.carol.example https://app.carol.example:8443
      https://app.carol.example.evil.example https://APP.carol.example null *
      """)
  @ValueSource(strings = {""})
  void everyOtherOriginIsAnsweredAsIfThereWereNone(String origin) {
    Reply reply = preflight(origin);
    assertProblem(405, "method_not_allowed", reply);
    assertProblem(401, "unauthenticated", service.anonymous().get("Origin", origin));
  }

  @Test
  void aNamedOriginCanReadEveryAnswer() {
    Api user = service.as("user");
    for (Reply reply :
        List.of(
            user.put(BODY, "Origin", NAMED),
            user.get("Origin", NAMED),
            user.get("Origin", NAMED, "Cookie", "carol_session=x"),
            user.put("{}", "Origin", NAMED),
            user.delete("Origin", NAMED),
            service.anonymous().get("Origin", NAMED),
            user.send("GET", "/nowhere", null, "Origin", NAMED),
            user.send("GET", "/api/../nowhere", null, "Origin", NAMED),
            user.put("x".repeat(1_000_000), "Origin", NAMED))) {
      assertEquals(NAMED, reply.header("access-control-allow-origin"), reply::toString);
      assertEquals(
          Set.of("ETag", "X-Request-Id", "Retry-After"),
          list(reply, "access-control-expose-headers"));
      assertTrue(
          reply.headers().keySet().stream().noneMatch(name -> name.contains("credentials")),
          "a cookie must not be sent from another origin");
    }
  }

  @Test
  void theCookieOfANamedOriginStillCannotChangeAnything() {
    String cookie = "carol_session=" + TestService.identity().token("user");
    assertEquals(403, service.anonymous().put(BODY, "Origin", NAMED, "Cookie", cookie).status());
  }

  private static Reply preflight(String origin) {
    try (RawHttp raw = new RawHttp(service.connect())) {
      return raw.send(
              """
              OPTIONS /api/settings/llm HTTP/1.1\r
              Host: a\r
              Origin: %s\r
              Access-Control-Request-Method: PUT\r
              Access-Control-Request-Headers: authorization,content-type,if-match\r
              \r
              """
                  .formatted(origin))
          .read();
    }
  }

  private static Set<String> list(Reply reply, String header) {
    return new TreeSet<>(List.of(reply.header(header).split(", ")));
  }
}
