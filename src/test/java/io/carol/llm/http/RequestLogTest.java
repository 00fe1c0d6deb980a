package io.carol.llm.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The log's lines about requests. */
final class RequestLogTest {
  @AutoClose private static final TestService service = TestService.start();

  @AutoClose private final LogCapture log = new LogCapture();

  @Test
  void everyRequestHasOneLineThatSaysWhatBecameOfIt() {
    Api user = service.as("ada@example.com");
    user.get("X-Request-Id", "first");
    user.put("{\"provider\":\"anthropic\",\"model\":\"m\"}", "X-Request-Id", "second");
    user.put("{}", "X-Request-Id", "third");
    user.delete("X-Request-Id", "fourth");
    user.send("POST", Api.PATH, null, "X-Request-Id", "fifth");
    service.anonymous().get("X-Request-Id", "sixth");
    service.anonymous().send("GET", "/openapi", null, "X-Request-Id", "seventh");
    service.anonymous().send("GET", "/some/where", null, "X-Request-Id", "eighth");
    String hash =
        log.linesWith("requestId=first ").getFirst().replaceFirst(".* user=(\\S+).*", "$1");
    assertTrue(hash.matches("[0-9a-f]{16}"), hash);
    assertLine("first", "GET", Api.PATH, 404, hash + " problem=not_configured");
    assertLine("second", "PUT", Api.PATH, 201, hash);
    assertLine("third", "PUT", Api.PATH, 422, hash + " problem=invalid");
    assertLine("fourth", "DELETE", Api.PATH, 204, hash);
    assertLine("fifth", "POST", Api.PATH, 405, "- problem=method_not_allowed");
    assertLine("sixth", "GET", Api.PATH, 401, "- problem=unauthenticated refused=no_token");
    assertLine("seventh", "GET", "/openapi", 200, "-");
    assertLine("eighth", "GET", "-", 404, "- problem=not_found");
    assertFalse(log.text().contains("ada@"), "user ids are not written as they are");
    assertFalse(log.text().contains("/some/where"), "paths are not written as they are");
  }

  @Test
  void whatIsRefusedBeforeRoutingHasALineAsWell() {
    for (String headers :
        List.of(
            "",
            "Host: a\r\nContent-Length: 999999999\r\n",
            "Host: a\r\nContent-Length: 1\r\nContent-Encoding: gzip\r\n")) {
      try (RawHttp raw = new RawHttp(service.connect())) {
        raw.send("PUT " + Api.PATH + " HTTP/1.1\r\nX-Request-Id: refused\r\n" + headers + "\r\n");
        Reply reply = raw.read();
        String line =
            "requestId=refused method=PUT route=- status="
                + reply.status()
                + " duration_ms=0.00 user=- problem="
                + reply.code();
        assertEquals(1, log.linesWith(line).size());
      }
    }
    try (RawHttp raw = new RawHttp(service.connect())) {
      String id = raw.send("this is not HTTP\r\n\r\n").read().text("requestId");
      String line = log.linesWith("requestId=" + id + " method=- route=- status=400 ").getFirst();
      assertTrue(line.endsWith(" problem=bad_request"), line);
    }
  }

  @Test
  void aClientThatIsGoneBeforeItsAnswerHasALineAsWell() {
    new RawHttp(service.connect())
        .send("PUT " + Api.PATH + " HTTP/1.1\r\nHost: a\r\nX-Request-Id: gone\r\n")
        .send("Authorization: Bearer " + TestService.identity().token("gone") + "\r\n")
        .send("Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        .abort();
    assertEquals(
        1, log.linesWith("requestId=gone method=PUT route=" + Api.PATH + " status=").size());
    assertFalse(log.text().contains("SEVERE"), "which is no fault of the service");
  }

  @Test
  void probesAndScrapesAreNotInTheWay() {
    service.observe("/observe/health/ready");
    service.observe("/observe/metrics");
    service.anonymous().get("X-Request-Id", "after-the-probes");
    log.linesWith("requestId=after-the-probes");
    assertFalse(log.text().contains("/observe/"));
  }

  @Test
  void nothingThatIsSentCanForgeALine() {
    String forged = "2026-01-01T00:00:00.000Z INFO io.carol.llm.access requestId=forged status=200";
    List<String> ends = List.of("\n", "\r", "\r\n", "\u000b", "\f", "\u0085", "\u2028", "\u2029");
    for (String end : ends) {
      String text = "x" + end + forged + end + "\u001b[2K\u001b[1A\u202e";
      String bytes = new String(text.getBytes(UTF_8), ISO_8859_1);
      String get = "GET " + Api.PATH + " HTTP/1.1\r\nHost: a\r\n";
      for (String request :
          List.of(
              bytes + " / HTTP/1.1\r\nHost: a\r\n\r\n",
              "GET /" + bytes + " HTTP/1.1\r\nHost: a\r\n\r\n",
              "GET /?" + bytes + " HTTP/1.1\r\nHost: a\r\n\r\n",
              "GET / " + bytes + "\r\nHost: a\r\n\r\n",
              "GET / HTTP/1.1\r\nHost: " + bytes + "\r\n\r\n",
              get + "X-Request-Id: " + bytes + "\r\n\r\n",
              get + bytes + ": x\r\n\r\n",
              get + "Authorization: Bearer " + bytes + "\r\n\r\n",
              get + "Cookie: carol_session=" + bytes + "\r\n\r\n",
              get + "Content-Length: " + bytes + "\r\n\r\n",
              get + "Transfer-Encoding: chunked\r\n\r\n" + bytes + "\r\n")) {
        try (RawHttp raw = new RawHttp(service.connect())) {
          raw.send(request).finish().readAll();
        }
      }
      Api user = service.as("user" + end + forged);
      String json = text.replace("\n", "\\n").replace("\r", "\\r").replace("\u001b", "\\u001b");
      user.put("{\"provider\":\"anthropic\",\"model\":\"" + json + "\"}");
      user.put("{\"" + json + "\":1}");
      user.put("{" + text);
    }
    service.anonymous().get("X-Request-Id", "last");
    log.linesWith("requestId=last");
    log.text().lines().forEach(RequestLogTest::assertGenuine);
  }

  private static void assertGenuine(String line) {
    assertTrue(line.matches("(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z |\t).*"), line);
    assertFalse(line.matches(".*\\p{Cntrl}.*") && !line.startsWith("\t"), line);
    assertFalse(line.startsWith("2026-01-01T00:00:00.000Z"), line);
  }

  private void assertLine(String id, String method, String route, int status, String user) {
    List<String> lines = log.linesWith("access requestId=" + id + " ");
    assertEquals(1, lines.size());
    assertTrue(
        lines
            .getFirst()
            .matches(
                "\\S+Z INFO io\\.carol\\.llm\\.access requestId=%s method=%s route=%s status=%d duration_ms=\\d+\\.\\d\\d user=%s"
                    .formatted(id, method, route, status, user)),
        lines::toString);
  }
}
