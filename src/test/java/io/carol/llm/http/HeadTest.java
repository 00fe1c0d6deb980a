package io.carol.llm.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.net.Socket;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HEAD is answered as GET is, without the body (RFC 9110 §9.3.2). */
final class HeadTest {
  @AutoClose private static TestService service;
  private static String authorization;

  @BeforeAll
  static void start() {
    service = TestService.start();
    service.as("user").put("{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-1\"}");
    authorization = "Authorization: Bearer " + TestService.identity().token("user") + "\r\n";
  }

  @ParameterizedTest
  @CsvSource({
    "/api/settings/llm, */*",
    "/api/settings/llm/status, */*",
    "/openapi, */*",
    "/openapi, application/json",
    "/openapi, text/yaml",
    "/openapi, text/html",
    "/openapi?format=json, */*",
    "/assets/sample.js, */*",
    "/account, text/html",
    "/account, */*",
    "/nowhere, */*"
  })
  void theHeadersAreThoseOfGet(String path, String accept) {
    String rest = " " + path + " HTTP/1.1\r\nHost: a\r\nAccept: " + accept + "\r\n" + authorization;
    assertEquals(headers("GET" + rest), headers("HEAD" + rest));
  }

  @Test
  void anAnonymousRequestIsRefusedAsWithGet() {
    String rest = " " + Api.PATH + " HTTP/1.1\r\nHost: a\r\n";
    assertEquals(headers("GET" + rest), headers("HEAD" + rest));
  }

  @ParameterizedTest
  @CsvSource({
    "/observe/info, 200",
    "/observe/metrics, 200",
    "/observe/health/live, 204",
    "/observe/health/ready, 204",
    "/observe/nowhere, 404"
  })
  void probesAndMetricsAnswerIt(String path, int status) {
    Reply reply = head(service.connectToObserve(), path + " HTTP/1.1\r\nHost: a\r\n");
    assertEquals(status, reply.status());
  }

  @Test
  void anotherMethodIsRefusedAndToldThatGetAndHeadAreAllowed() {
    try (RawHttp raw = new RawHttp(service.connectToObserve())) {
      Reply reply = raw.send("POST /observe/metrics HTTP/1.1\r\nHost: a\r\n\r\n").read();
      assertEquals(405, reply.status());
      assertEquals("GET, HEAD", reply.header("allow"));
    }
  }

  /** Sends another request behind it, whose answer begins where the first one has to end. */
  private static Reply head(Socket socket, String request) {
    try (RawHttp raw = new RawHttp(socket)) {
      raw.send("HEAD " + request + "\r\n").send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
      Reply reply = raw.readHead();
      assertEquals(404, raw.readHead().status());
      return reply;
    }
  }

  /** The status and all headers but those that differ from answer to answer. */
  private static Map<String, Object> headers(String request) {
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send(request + "X-Request-Id: same\r\n\r\n").send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
      Reply reply = request.startsWith("HEAD") ? raw.readHead() : raw.read();
      assertEquals(404, raw.readHead().status());
      Map<String, Object> headers = new TreeMap<>(reply.headers());
      headers.remove("date");
      headers.put("status", reply.status());
      return headers;
    }
  }
}
