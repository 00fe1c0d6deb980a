package io.carol.llm.http;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static io.carol.llm.testing.Variants.each;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Request lines, hosts and header sections, and what is not HTTP/1.1 at all (RFC 9112 §2 to §5).
 */
final class RequestLineTest {
  private static final String USER = "reader";
  private static final String HOST = "Host: localhost\r\n";

  @AutoClose private static final TestService service = TestService.start();
  private static final String authorization =
      "Authorization: Bearer " + TestService.identity().token(USER) + "\r\n";

  @TestFactory
  Stream<DynamicTest> aRequestLineOfAnotherFormIsRefused() {
    return each(
        line -> assertRefused(line + "\r\n" + HOST + authorization + "\r\n"),
        // Versions.
        "GET " + Api.PATH,
        "GET " + Api.PATH + " HTTP/1.2",
        "GET " + Api.PATH + " HTTP/2.0",
        "GET " + Api.PATH + " http/1.1",
        // Spaces.
        "GET  " + Api.PATH + " HTTP/1.1",
        "GET " + Api.PATH + "  HTTP/1.1",
        "GET " + Api.PATH + " HTTP/1.1 ",
        " GET " + Api.PATH + " HTTP/1.1",
        "GET\t" + Api.PATH + "\tHTTP/1.1",
        "GET /api/settings /llm HTTP/1.1",
        "GET",
        // Methods.
        "G@T " + Api.PATH + " HTTP/1.1",
        "\u001b[31mGET " + Api.PATH + " HTTP/1.1",
        "{\"apiKey\":\"sk\"} " + Api.PATH + " HTTP/1.1",
        // Targets.
        "GET " + Api.PATH + "#fragment HTTP/1.1",
        "GET /\0 HTTP/1.1",
        "GET /\u001b[31m HTTP/1.1",
        "GET /<script> HTTP/1.1",
        "GET /api\\settings\\llm HTTP/1.1",
        "GET /% HTTP/1.1",
        "GET /%zz HTTP/1.1",
        "GET " + Api.PATH + "?a=%zz HTTP/1.1",
        "GET " + Api.PATH + "?<script> HTTP/1.1",
        "GET " + Api.PATH + "?\u00e9 HTTP/1.1",
        // Line ends.
        "GET " + Api.PATH + " HTTP/1.1\nX: y",
        "GET " + Api.PATH + " HTTP/1.1\rX: y",
        "\r\nGET " + Api.PATH + " HTTP/1.1",
        "\nGET " + Api.PATH + " HTTP/1.1");
  }

  @TestFactory
  Stream<DynamicTest> http10IsToldWhatToSetInNginx() {
    return each(
        rest -> {
          try (RawHttp raw = new RawHttp(service.connect())) {
            Reply reply = raw.send("GET " + rest + "\r\n\r\n").readLast();
            assertProblem(505, "http_version_not_supported", reply);
            assertTrue(reply.text("detail").contains("proxy_http_version 1.1;"));
          }
        },
        "/ HTTP/1.0",
        Api.PATH + " HTTP/1.0\r\n" + HOST,
        Api.PATH + " HTTP/1.0\r\nConnection: keep-alive");
  }

  @TestFactory
  Stream<DynamicTest> aRequestWithoutExactlyOneHostIsRefused() {
    return each(
        hosts ->
            assertRefused("GET " + Api.PATH + " HTTP/1.1\r\n" + hosts + authorization + "\r\n"),
        "",
        "Host:\r\n",
        "Host: localhost\r\nHost: localhost\r\n",
        "Host: localhost\r\nhost: evil.example\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: user@localhost\r\n",
        "Host: localhost:port\r\n",
        "Host: [::1\r\n",
        "Host: a\0b\r\n");
  }

  @TestFactory
  Stream<DynamicTest> tooLongRequestsAreRefused() {
    String line = "GET " + Api.PATH + " HTTP/1.1\r\n";
    return each(
        request -> assertRefused(request + "\r\n"),
        "GET /" + "a".repeat(200_000) + " HTTP/1.1\r\n" + HOST,
        "G".repeat(200_000),
        line + HOST + "X: " + "a".repeat(200_000) + "\r\n",
        line + HOST + "X".repeat(200_000) + ": a\r\n",
        line + HOST + "X: a\r\n".repeat(5_000),
        line + HOST + "X: " + "a".repeat(200_000));
  }

  @TestFactory
  Stream<DynamicTest> otherProtocolsAreToldAtOnce() {
    byte[] clientHello = {0x16, 3, 1, 0, 40, 1, 0, 0, 36, 3, 3, 7, 9, 11, 13, 17, 19, 23, 29};
    return each(
        RequestLineTest::assertRefused,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
        // Without a line end: TLS waits for an answer and sends no more.
        new String(clientHello, ISO_8859_1),
        "\u0080\u0080\u0001\u0003",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "\r\n",
        "\n");
  }

  @TestFactory
  Stream<DynamicTest> aUsualRequestIsUnderstoodInEveryFormOfItsTarget() {
    return each(
        target -> {
          try (RawHttp raw = new RawHttp(service.connect())) {
            raw.send("GET " + target + " HTTP/1.1\r\n" + HOST + authorization + "\r\n");
            assertProblem(404, "not_configured", raw.read());
          }
        },
        Api.PATH,
        // RFC 9112 §3.2.2: every server must accept the absolute form, whatever the host.
        "http://localhost" + Api.PATH,
        "https://carol.example:8443" + Api.PATH,
        Api.PATH + "?",
        Api.PATH + "?query",
        "http://localhost" + Api.PATH + "?a=%20&b=c/d?e");
  }

  @Test
  void anUpgradeThatIsNotOfferedIsNotMade() {
    try (RawHttp raw = new RawHttp(service.connect())) {
      for (String upgrade : List.of("h2c", "websocket", "TLS/1.3")) {
        raw.send(
            "GET %s HTTP/1.1\r\n%sConnection: Upgrade\r\nUpgrade: %s\r\n%s\r\n"
                .formatted(Api.PATH, HOST, upgrade, authorization));
        assertProblem(404, "not_configured", raw.read());
      }
    }
  }

  @Test
  void manyHeadersBelowTheLimitAreNoProblem() {
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send("GET " + Api.PATH + " HTTP/1.1\r\n" + HOST + authorization);
      raw.send("X: a\r\n".repeat(1_000) + "\r\n");
      assertProblem(404, "not_configured", raw.read());
    }
  }

  @Test
  void headersOutsideAsciiAreNoProblem() {
    try (RawHttp raw = new RawHttp(service.connect())) {
      String utf8 = new String("Müller 💛".getBytes(UTF_8), ISO_8859_1);
      raw.send("GET " + Api.PATH + " HTTP/1.1\r\n" + HOST + authorization);
      raw.send("X-Name: " + utf8 + "\r\n\r\n");
      assertProblem(404, "not_configured", raw.read());
    }
  }

  /** One problem, and a request behind it is not looked at. */
  private static void assertRefused(String message) {
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send(message + "DELETE " + Api.PATH + " HTTP/1.1\r\n" + HOST + authorization + "\r\n");
      Reply reply = raw.readLast();
      assertProblem(400, "bad_request", reply);
      Api.CONTRACT.check("GET", Api.PATH, reply.status(), reply.headers(), reply.body());
      assertTrue(reply.body().length() < 500, "a refusal repeats nothing that was sent");
    }
  }
}
