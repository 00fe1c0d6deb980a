package io.carol.llm.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.BugDetectors;
import com.code_intelligence.jazzer.api.SilentCloseable;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes on a connection to the whole service: every answer is framed exactly and is one that
 * the contract knows, and none is a failure of the service or holds what was sent. {@code make
 * fuzz} looks for more bytes; the tests run those below.
 */
final class ExchangeFuzzTest {
  private static final String CANARY = "Qz7Xw9Kp4Vt2";
  private static final String USER = "fuzz";

  @AutoClose private static final TestService service = TestService.start();
  private static final String token = TestService.identity().token(USER, Duration.ofDays(1));
  private static int connections;

  /** TOKEN stands for a good token, and LENGTH for the length of the body. */
  static Stream<byte[]> requests() {
    String api = Api.PATH + " HTTP/1.1\r\nHost: a\r\n";
    String signedIn = api + "Authorization: Bearer TOKEN\r\n";
    String put = "PUT " + signedIn + "Content-Type: application/json\r\n";
    String length = "Content-Length: LENGTH\r\n\r\n";
    String anthropic =
        "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-%s\"}".formatted(CANARY);
    String ollama =
        "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":\"http://a/v1\"}";
    String chunked = "Transfer-Encoding: chunked\r\n\r\n";
    return Stream.of(
            "GET " + signedIn + "\r\n",
            "GET " + signedIn + "\r\nGET " + signedIn + "\r\n",
            "GET " + api + "Cookie: a=b; carol_session=TOKEN\r\n\r\n",
            "GET " + api + "X-Request-Id: " + CANARY + "\r\n\r\n",
            "DELETE " + signedIn + "If-Match: *\r\n\r\n",
            "DELETE "
                + api
                + "Cookie: carol_session=TOKEN\r\nOrigin: http://a\r\nSec-Fetch-Site: same-origin\r\n\r\n",
            put + length + anthropic,
            put + length + anthropic + "GET " + signedIn + "\r\n",
            put + "If-None-Match: *\r\n" + length + ollama,
            put
                + "If-Match: \"6b1f0c1e-5d0a-4f57-9a43-0c1d2e3f4a5b\", W/\"x\"\r\n"
                + length
                + ollama,
            put
                + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
                + length
                + "{\"apiKey\":null,\""
                + CANARY
                + "\":1}",
            put + chunked + "3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nX: y\r\n\r\n",
            put + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            put + "Expect: 100-continue\r\n" + length + ollama,
            put + "Content-Encoding: gzip\r\n" + length + ollama,
            put + "Connection: close\r\n" + length + "[1]",
            "POST " + signedIn + length,
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://a" + signedIn + "\r\n",
            "GET /openapi HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n",
            "GET /assets/../%2e%2e/x;y=z?q=%20#f HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            CANARY)
        .map(text -> text.getBytes(ISO_8859_1));
  }

  @MethodSource("requests")
  @FuzzTest(maxDuration = "")
  void whateverIsSentTheAnswersAreThoseOfTheContract(byte[] input) throws IOException {
    String bytes = withTokenAndLength(new String(input, ISO_8859_1));
    if (bytes.contains("HEAD")) {
      // Its answers end elsewhere; a reader has to know which ones those are.
      return;
    }
    try (SilentCloseable _ =
            BugDetectors.allowNetworkConnections((host, port) -> isLoopback(host));
        RawHttp connection = new RawHttp(connect())) {
      connection.send(bytes).finish();
      for (Reply reply : connection.readAll()) {
        assertDocumented(reply);
        if (reply.status() >= 400) {
          assertTellsNothing(reply);
        }
      }
    }
  }

  private static String withTokenAndLength(String text) {
    int head = text.indexOf("\r\n\r\n");
    int length = head < 0 ? 0 : text.length() - head - 4;
    return text.replace("LENGTH", String.valueOf(length)).replace("TOKEN", token);
  }

  /** To one address after the other: closed connections keep their ports for a minute. */
  private static Socket connect() throws IOException {
    connections++;
    byte[] loopback = {
      127, 1, (byte) (connections >> 14 & 0x7f), (byte) (1 + (connections >> 7 & 0x7f))
    };
    // Named, or the hook of connections asks the DNS for a name.
    Socket socket = new Socket(InetAddress.getByAddress("localhost", loopback), service.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static boolean isLoopback(String host) {
    return Set.of("localhost", "127.0.0.1").contains(host);
  }

  private static void assertDocumented(Reply reply) {
    assertTrue(reply.status() < 500 || reply.status() == 505, reply::body);
    String type = reply.header("content-type");
    if (reply.status() == 100) {
      return;
    }
    if (reply.status() == 200 && reply.header("etag").isEmpty()) {
      // The page or the contract itself.
      assertTrue(type.startsWith("text/") || reply.body().contains("openapi"), type);
      return;
    }
    String path = type.endsWith("+json") && reply.code().equals("not_found") ? "/" : Api.PATH;
    Api.CONTRACT.check(method(reply), path, reply.status(), reply.headers(), reply.body());
  }

  /** Except for the request's id, which the caller may choose. */
  private static void assertTellsNothing(Reply problem) {
    String text = problem.body().replace(problem.text("requestId"), "");
    assertFalse(text.contains(CANARY) || text.contains(token), text);
  }

  /** One for which the contract documents an answer like this. */
  private static String method(Reply reply) {
    return switch (reply.status()) {
      case 200, 404 -> "GET";
      case 204 -> "DELETE";
      case 405 -> "PATCH";
      default -> "PUT";
    };
  }
}
