package io.carol.llm.http;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static io.carol.llm.testing.Variants.each;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

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

/** Several messages on one connection, and how it ends (RFC 9112 §9). */
final class ConnectionTest {
  private static final String BODY = "{\"provider\":\"anthropic\",\"model\":\"m\"}";
  private static final String CHUNKED_BODY =
      Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\n\r\n";
  private static final int LIMIT = Problems.MAX_BODY_BYTES;

  @AutoClose private static final TestService service = TestService.start();
  private static final String authorization =
      "Authorization: Bearer " + TestService.identity().token("user") + "\r\n";

  @Test
  void requestsSentAheadAreAnsweredInOrder() {
    service.as("user").delete();
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send(
          put("Content-Length: " + BODY.length(), BODY)
              + get()
              + put("Transfer-Encoding: chunked", CHUNKED_BODY)
              + "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
              + "DELETE "
              + Api.PATH
              + " HTTP/1.1\r\nHost: localhost\r\n"
              + authorization
              + "\r\n"
              + get().replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      assertEquals(
          List.of(201, 200, 200, 404, 204, 404),
          raw.readAll().stream().map(Reply::status).toList());
    }
  }

  @TestFactory
  Stream<DynamicTest> aClientThatSaysCloseGetsOneResponseAndThenTheEnd() {
    return each(
        request -> {
          try (RawHttp raw = new RawHttp(service.connect())) {
            raw.send(request + get()).readLast();
          }
        },
        "GET " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\nConnection: TE, close\r\n\r\n",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
        put("Connection: close\r\nContent-Length: " + BODY.length(), BODY),
        put("Connection: close\r\nTransfer-Encoding: chunked", CHUNKED_BODY),
        "PUT "
            + Api.PATH
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
        "DELETE " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }

  @Test
  void aConnectionBeyondTheLimitIsServedOnceAnotherHasEnded() {
    String request = "GET " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    try (TestService narrow = TestService.start("carol.limits.connections", "1");
        RawHttp first = new RawHttp(narrow.connect());
        RawHttp second = new RawHttp(narrow.connect())) {
      assertEquals(401, first.send(request).read().status());
      second.send(request);
      for (int i = 0; i < 20; i++) {
        assertEquals(401, first.send(request).read().status());
      }
      assertFalse(second.hasAnswer(), "the first connection is open still");
      first.abort();
      assertEquals(401, second.read().status());
    }
  }

  @Test
  void aBodyStillUnderWayWhenItsRequestIsRefusedIsNotTakenForTheNextRequest() {
    String anonymous = "PUT " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\n";
    String body = get();
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send(anonymous + "Content-Length: " + body.length() + "\r\n\r\n");
      assertProblem(401, "unauthenticated", raw.read());
      raw.send(body);
      raw.send("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertProblem(404, "not_found", raw.read());
    }
  }

  /** Its end may never come, and Helidon would read on without a limit. */
  @Test
  void aChunkedBodyThatIsNotReadEndsTheConnection() {
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send("PUT " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\n");
      raw.send("Transfer-Encoding: chunked\r\n\r\n" + CHUNKED_BODY + get());
      assertProblem(401, "unauthenticated", raw.readLast());
    }
  }

  @TestFactory
  Stream<DynamicTest> theResponseToARequestWhoseBodyIsNotReadAnnouncesTheEnd() {
    service.as("user").put(BODY);
    String end = "\r\n\r\n";
    return each(
        request -> {
          try (RawHttp raw = new RawHttp(service.connect())) {
            assertEquals(2, raw.send(request).readLast().status() / 100);
          }
        },
        get().replace(end, "\r\nTransfer-Encoding: chunked" + end + CHUNKED_BODY),
        get().replace(end, "\r\nExpect: 100-continue\r\nContent-Length: 3" + end),
        get().replace("GET", "DELETE").replace(end, "\r\nTransfer-Encoding: chunked" + end),
        get()
            .replace("GET", "DELETE")
            .replace(end, "\r\nTransfer-Encoding: chunked" + end + "0" + end),
        get()
            .replace("GET", "DELETE")
            .replace(end, "\r\nExpect: 100-continue\r\nContent-Length: 3" + end));
  }

  @Test
  void aBodyThatEndsBadlyAfterItsRequestWasRefusedEndsTheConnection() {
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send("PUT " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\n");
      raw.send("Transfer-Encoding: chunked\r\n\r\nzz\r\n" + get());
      assertEquals(401, raw.readLast().status());
    }
  }

  /** A client that sends too much must not meet a broken connection while it still sends. */
  @TestFactory
  Stream<DynamicTest> aBodyOverTheLimitIsRefusedBeforeItIsThereAndIsStillRead() {
    return each(
        bytes -> {
          int sent = Integer.parseInt(bytes);
          try (RawHttp raw = new RawHttp(service.connect())) {
            raw.send(put("Content-Length: " + (LIMIT + 1), " ".repeat(sent)));
            assertTooLarge(raw.read());
            raw.send(" ".repeat(LIMIT + 1 - sent));
            raw.send("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertProblem(404, "not_found", raw.read());
          }
        },
        "0",
        "9",
        "65537");
  }

  @TestFactory
  Stream<DynamicTest> aBodyBeyondEveryLimitOrOfUnknownLengthEndsTheConnection() {
    String tooMuch = " ".repeat(LIMIT + 1);
    return each(
        request -> {
          try (RawHttp raw = new RawHttp(service.connect())) {
            assertTooLarge(raw.send(request).readLast());
          }
        },
        put("Content-Length: 4294967297", ""),
        put("Content-Length: 999999999999999999", ""),
        put("Transfer-Encoding: chunked", "10001\r\n" + tooMuch + "\r\n0\r\n\r\n" + get()),
        put("Transfer-Encoding: chunked", "100001\r\n"),
        put(
            "Transfer-Encoding: chunked",
            ("2000\r\n" + " ".repeat(0x2000) + "\r\n").repeat(9) + "0\r\n\r\n" + get()));
  }

  @Test
  void theLargestBodyIsRead() {
    String body = BODY + " ".repeat(LIMIT - BODY.length());
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send(put("Content-Length: " + LIMIT, body));
      assertEquals(2, raw.read().status() / 100);
      raw.send(put("Transfer-Encoding: chunked", "10000\r\n" + body + "\r\n0\r\n\r\n"));
      assertEquals(200, raw.read().status());
      String chunks = body.replaceAll(".{1024}", "400\r\n$0\r\n");
      raw.send(put("Transfer-Encoding: chunked", chunks + "0\r\n\r\n"));
      assertEquals(200, raw.read().status());
    }
  }

  @Test
  void aClientThatAsksFirstIsToldToGoOnOnlyWhenItsBodyIsWanted() {
    String length = "Expect: 100-continue\r\nContent-Length: ";
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send(put(length + BODY.length(), ""));
      assertEquals(100, raw.read().status());
      raw.send(BODY);
      assertEquals(2, raw.read().status() / 100);
      raw.send(put("Expect: 100-continue\r\nTransfer-Encoding: chunked", ""));
      assertEquals(100, raw.read().status());
      raw.send(CHUNKED_BODY);
      assertEquals(200, raw.read().status());
    }
    for (String tooMuch : List.of("65537", "2000000", "20000000")) {
      try (RawHttp raw = new RawHttp(service.connect())) {
        assertTooLarge(raw.send(put(length + tooMuch, "")).readLast());
      }
    }
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send("PUT " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\n" + length + "5\r\n\r\n");
      assertProblem(401, "unauthenticated", raw.readLast());
    }
  }

  @Test
  void clientsThatVanishLeaveNothingBehind() {
    String model = "{\"provider\":\"anthropic\",\"model\":\"half\"}";
    service.as("user").put(BODY);
    for (int i = 0; i < 30; i++) {
      for (String half :
          List.of(
              "PUT " + Api.PATH,
              put("Content-Length: 100", model),
              put("Transfer-Encoding: chunked", "25\r\n" + model),
              put("Transfer-Encoding: chunked", "26\r\n" + model + "\r\n"))) {
        new RawHttp(service.connect()).send(half).abort();
        new RawHttp(service.connect()).send(half).close();
      }
    }
    assertEquals("m", service.as("user").get().text("model"));
    TestService.await(
        "no request waits for a connection to the database",
        () ->
            service
                .observe("/observe/metrics")
                .body()
                .contains("\nhikaricp_connections_pending 0.0\n"));
    assertEquals(200, service.as("user").put(BODY).status());
  }

  private static void assertTooLarge(Reply reply) {
    assertProblem(413, "payload_too_large", reply);
    Api.CONTRACT.check("PUT", Api.PATH, reply.status(), reply.headers(), reply.body());
  }

  private static String put(String headers, String body) {
    return "PUT %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: application/json\r\n%s\r\n\r\n%s"
        .formatted(Api.PATH, authorization, headers, body);
  }

  private static String get() {
    return "GET " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\n" + authorization + "\r\n";
  }
}
