package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.testing.RawProvider;
import io.carol.llm.testing.TestNames;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.Words;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way out to an LLM, with real sockets, and names that lead wherever the test says. */
@Timeout(60)
final class GuardedHttpClientTest {
  private static final String CERTIFIED = LlmServer.CERTIFIED;
  private static final Duration LONG = Duration.ofSeconds(50);

  @AutoClose private static final GuardedHttpClient anywhere = client(TestPolicy.ALL_HOSTS, LONG);

  @AutoClose
  private static final GuardedHttpClient publicOnly = client(TestPolicy.PUBLIC_HOSTS, LONG);

  private record Response(int status, String body, String location) {}

  private static GuardedHttpClient client(BaseUrlPolicy policy, Duration silence) {
    return new GuardedHttpClient(policy, silence, LlmServer.trusted());
  }

  private static HttpGet request(String url) {
    HttpGet request = new HttpGet(url);
    request.setHeader("Authorization", "Bearer sk-1");
    return request;
  }

  private static Response get(GuardedHttpClient client, String url) throws IOException {
    return client.execute(
        request(url),
        response -> {
          String body =
              response.getEntity() == null ? "" : EntityUtils.toString(response.getEntity());
          return new Response(
              response.getCode(),
              body,
              response.containsHeader("Location") ? response.getHeader("Location").getValue() : "");
        });
  }

  private static String body(String url) throws IOException {
    Response response = get(anywhere, url);
    assertEquals(200, response.status());
    return response.body();
  }

  private static LlmServer server(String scheme, String address, int port, String text)
      throws IOException {
    return scheme.equals("https")
        ? LlmServer.https(address, port, LlmServer.answering(text))
        : LlmServer.http(address, port, LlmServer.answering(text));
  }

  private static RawProvider raw(RawProvider.Behaviour behaviour) throws IOException {
    return RawProvider.start(ServerSocketFactory.getDefault(), behaviour);
  }

  /** A user can make up any number of them. */
  @Test
  void hostsAndPortsWithoutAConnectionAreNotKept() {
    try (GuardedHttpClient client = client(TestPolicy.ALL_HOSTS, LONG)) {
      for (int port = 1; port <= 20; port++) {
        String url = "https://nowhere.test:" + port;
        assertThrows(UnknownHostException.class, () -> get(client, url));
      }
      assertEquals(0, client.routes());
    }
  }

  /** Every kind of host that the policy takes over http. */
  @ParameterizedTest
  @Words(
      """
      localhost 127.0.0.1 OLLAMA my_ollama a_b.c_d.lan 7b 1.2.3.4a.internal 0xg
      ollama.ai.svc.cluster.local xn--bcher-kva.local
      """)
  void connectsOverHttpToAnyHostThatThePolicyTakes(String host) throws Exception {
    if (!host.equals("localhost") && !host.equals("127.0.0.1")) {
      TestNames.answer(host, "127.0.0.1");
    }
    try (LlmServer server = server("http", "127.0.0.1", 0, "hello")) {
      String url = "http://" + host + ":" + server.port() + "/v1";
      assertEquals(url, TestPolicy.ALL_HOSTS.parse(url).text());
      assertEquals("hello", body(url));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[::1]", "[0:0:0:0:0:0:0:1]", "six.internal"})
  void connectsOverIpv6(String host) throws Exception {
    TestNames.answer("six.internal", "::1");
    try (LlmServer server = server("http", "::1", 0, "hello")) {
      assertEquals("hello", body("http://" + host + ":" + server.port() + "/v1"));
    }
  }

  @Test
  void connectsAlsoWhenTheSchemeIsInUpperCase() throws Exception {
    TestNames.answer(CERTIFIED, "127.0.0.1");
    try (LlmServer http = server("http", "127.0.0.1", 0, "http");
        LlmServer https = server("https", "127.0.0.1", 0, "https")) {
      assertEquals("http", body("HTTP://127.0.0.1:" + http.port()));
      assertEquals("https", body("HTTPS://" + CERTIFIED + ":" + https.port()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        CERTIFIED,
        "my_llm.compose.internal",
        "7b.compose.internal",
        "xn--bcher-kva.compose.internal",
        "[::1]"
      })
  void connectsOverHttpsWhenTheCertificateIsForTheHost(String host) throws Exception {
    TestNames.answer(host, "127.0.0.1");
    String address = host.equals("[::1]") ? "::1" : "127.0.0.1";
    try (LlmServer server = server("https", address, 0, "hello")) {
      assertEquals("hello", body("https://" + host + ":" + server.port() + "/v1"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"other.test", "127.0.0.1", "a.b.compose.internal", "compose_internal"})
  void connectsOverHttpsOnlyWhenTheCertificateIsForTheHost(String host) throws Exception {
    TestNames.answer(host, "127.0.0.1");
    AtomicInteger requests = new AtomicInteger();
    try (LlmServer server =
        LlmServer.https("127.0.0.1", 0, exchange -> requests.incrementAndGet())) {
      assertThrows(SSLException.class, () -> body("https://" + host + ":" + server.port()));
      assertEquals(0, requests.get());
    }
  }

  @ParameterizedTest
  @CsvSource({"http, rebinding.internal", "https, " + CERTIFIED})
  void connectsToTheAddressThatWasJudgedForThisRequest(String scheme, String host)
      throws Exception {
    try (LlmServer first = server(scheme, "127.0.0.1", 0, "first");
        LlmServer second = server(scheme, "127.0.0.2", first.port(), "second")) {
      String url = scheme + "://" + host + ":" + second.port();
      TestNames.answer(host, "127.0.0.1", "127.0.0.2", "169.254.169.254");
      assertEquals("first", body(url));
      assertEquals(1, TestNames.lookups(host));
      assertEquals("second", body(url));
      assertThrows(AddressNotAllowedException.class, () -> body(url));
      assertEquals(3, TestNames.lookups(host));
    }
  }

  @Test
  void connectsToTheNextAddressWhenOneDoesNotAnswer() throws Exception {
    try (LlmServer server = server("http", "127.0.0.1", 0, "hello")) {
      TestNames.answer("several.lan", "127.0.0.2 ::1 127.0.0.1");
      assertEquals("hello", body("http://several.lan:" + server.port()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://llm.test/v1, base_url_insecure",
    "https://169.254.169.254/latest, base_url_forbidden_host"
  })
  void refusesWhatThePolicyRefusesAsItIsSpelled(String url, String code) {
    InvalidValueException refusal =
        assertThrows(InvalidValueException.class, () -> get(anywhere, url));
    assertEquals(code, refusal.code());
  }

  @Test
  void refusesAnAddressThatThePolicyRefusesWithoutConnecting() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
      TestNames.answer("inside.test", "127.0.0.1");
      assertThrows(
          AddressNotAllowedException.class,
          () -> get(publicOnly, "https://inside.test:" + server.getLocalPort()));
      try (Socket own = new Socket(server.getInetAddress(), server.getLocalPort());
          Socket first = server.accept()) {
        assertEquals(own.getLocalPort(), first.getPort(), "the client has not connected before");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://llm.test/", "file:///etc/passwd", "/v1", "//llm.test/v1"})
  void refusesWhatIsNotHttp(String url) {
    assertThrows(IllegalArgumentException.class, () -> get(anywhere, url));
  }

  /** More than there are connections: none may be lost. */
  @Test
  void refusesAsOftenAsItIsAskedWithoutLosingConnections() throws Exception {
    TestNames.answer("inside.test", "169.254.169.254");
    TestNames.answer("nowhere.test", "");
    for (int i = 0; i < 1_100; i++) {
      assertThrows(AddressNotAllowedException.class, () -> get(anywhere, "https://inside.test/v1"));
      assertThrows(UnknownHostException.class, () -> get(anywhere, "https://nowhere.test/v1"));
    }
    TestNames.answer(CERTIFIED, "127.0.0.1");
    try (LlmServer server = server("https", "127.0.0.1", 0, "hello")) {
      assertEquals("hello", body("https://" + CERTIFIED + ":" + server.port()));
    }
  }

  @Test
  void sendsTheRequestAndNothingThatTheCallerHasNotAskedFor() throws Exception {
    TestNames.answer("xn--rw-0ia.internal", "127.0.0.1");
    String answer = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n";
    try (RawProvider server = RawProvider.start(request -> answer)) {
      String authority = "xn--rw-0ia.internal:" + server.port();
      for (int i = 0; i < 2; i++) {
        assertEquals(200, get(anywhere, "http://" + authority + "/v1/models?a=%20b").status());
        List<String> lines = server.requests().get(i).lines().toList();
        assertEquals("GET /v1/models?a=%20b HTTP/1.1", lines.getFirst());
        assertEquals(
            List.of("Authorization: Bearer sk-1", "Connection: close", "Host: " + authority),
            lines.stream()
                .skip(1)
                .filter(line -> !line.startsWith("User-Agent: "))
                .sorted()
                .toList());
      }
    }
  }

  @Test
  void sendsNothingThroughAProxyOfTheEnvironment() throws Exception {
    TestNames.answer("direct.internal", "127.0.0.1");
    ProxySelector before = ProxySelector.getDefault();
    try (LlmServer server = server("http", "127.0.0.1", 0, "direct");
        LlmServer proxy = server("http", "127.0.0.1", 0, "through the proxy")) {
      ProxySelector.setDefault(
          ProxySelector.of(
              new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), proxy.port())));
      System.setProperty("http.proxyHost", "127.0.0.1");
      System.setProperty("http.proxyPort", String.valueOf(proxy.port()));
      try (GuardedHttpClient client = client(TestPolicy.ALL_HOSTS, LONG)) {
        assertEquals(
            "direct", get(client, "http://direct.internal:" + server.port() + "/v1").body());
      }
    } finally {
      ProxySelector.setDefault(before);
      System.clearProperty("http.proxyHost");
      System.clearProperty("http.proxyPort");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {302, 308})
  void sendsNothingToWhereARedirectLeads(int status) throws Exception {
    TestNames.answer("moved.internal", "127.0.0.1");
    AtomicInteger requests = new AtomicInteger();
    try (LlmServer server =
        LlmServer.http(
            "127.0.0.1",
            0,
            exchange -> {
              requests.incrementAndGet();
              exchange.getResponseHeaders().set("Location", "/v1/elsewhere");
              LlmServer.answer(exchange, status, "moved");
            })) {
      assertEquals(
          new Response(status, "moved", "/v1/elsewhere"),
          get(anywhere, "http://moved.internal:" + server.port() + "/v1"));
      assertEquals(1, requests.get());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 503 Later\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"
      })
  void sendsNoRequestTwice(String answer) throws Exception {
    TestNames.answer("once.internal", "127.0.0.1");
    try (RawProvider server = RawProvider.start(request -> answer)) {
      String url = "http://once.internal:" + server.port() + "/v1";
      if (answer.contains("Content-Length: 0")) {
        assertTrue(get(anywhere, url).status() >= 400);
      } else {
        assertThrows(IOException.class, () -> get(anywhere, url));
      }
      assertEquals(1, server.requests().size());
    }
  }

  @Test
  void readsEachServerSentEventAsSoonAsItIsThere() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    TestNames.answer(CERTIFIED, "127.0.0.1");
    try (LlmServer server = LlmServer.https("127.0.0.1", 0, exchange -> stream(exchange, read))) {
      HttpPost request = new HttpPost("https://" + CERTIFIED + ":" + server.port() + "/v1");
      request.setEntity(new StringEntity("{}"));
      String rest =
          anywhere.execute(
              request,
              response -> {
                InputStream events = response.getEntity().getContent();
                assertEquals("data: 1\n\n", new String(events.readNBytes(9), UTF_8));
                read.countDown();
                return new String(events.readAllBytes(), UTF_8);
              });
      assertEquals("data: 2\n\n", rest);
    }
  }

  private static void stream(HttpExchange exchange, CountDownLatch read) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write("data: 1\n\n".getBytes(UTF_8));
      exchange.getResponseBody().flush();
      if (!read.await(30, TimeUnit.SECONDS)) {
        throw new IOException("The first part did not arrive");
      }
      exchange.getResponseBody().write("data: 2\n\n".getBytes(UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** As when the user has seen enough, or when the limit of a check is reached. */
  @ParameterizedTest
  @ValueSource(strings = {"Transfer-Encoding: chunked", "Content-Length: 1000000000", "X: y"})
  void readsNoMoreThanTheHandlerHasRead(String framing) throws Exception {
    TestNames.answer("endless.internal", "127.0.0.1");
    CountDownLatch closed = new CountDownLatch(1);
    try (RawProvider server =
        raw((request, out) -> {
          out.write(("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n").getBytes(UTF_8));
          try {
            while (true) {
              out.write("4\r\nabcd\r\n".getBytes(UTF_8));
              out.flush();
            }
          } catch (IOException e) {
            closed.countDown();
          }
        })) {
      String url = "http://endless.internal:" + server.port() + "/v1";
      assertEquals(
          1_000,
          anywhere.execute(
                  request(url), response -> response.getEntity().getContent().readNBytes(1_000))
              .length);
      assertTrue(closed.await(30, TimeUnit.SECONDS), "the connection is closed");
      assertThrows(
          IllegalStateException.class,
          () ->
              anywhere.execute(
                  request(url),
                  response -> {
                    throw new IllegalStateException("too much");
                  }));
    }
  }

  @Test
  void endsWhenTheServerIsSilentForTooLong() throws Exception {
    TestNames.answer("silent.internal", "127.0.0.1");
    CountDownLatch done = new CountDownLatch(1);
    try (GuardedHttpClient client = client(TestPolicy.ALL_HOSTS, Duration.ofMillis(200));
        RawProvider silent = raw((request, out) -> done.await(50, TimeUnit.SECONDS));
        RawProvider begun =
            raw((request, out) -> {
              out.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".getBytes(UTF_8));
              out.flush();
              done.await(50, TimeUnit.SECONDS);
            })) {
      for (RawProvider server : List.of(silent, begun)) {
        assertThrows(
            SocketTimeoutException.class,
            () -> get(client, "http://silent.internal:" + server.port()));
      }
    } finally {
      done.countDown();
    }
  }

  @Test
  void endsWhenTheServerIsSilentForTooLongOverTls() throws Exception {
    TestNames.answer(CERTIFIED, "127.0.0.1");
    try (GuardedHttpClient client = client(TestPolicy.ALL_HOSTS, Duration.ofMillis(200));
        LlmServer silent = LlmServer.https("127.0.0.1", 0, exchange -> {})) {
      assertThrows(
          SocketTimeoutException.class,
          () -> get(client, "https://" + CERTIFIED + ":" + silent.port()));
    }
  }

  /** What a check with a deadline of its own does, whatever the server is at. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\nX-Drop: ",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      })
  void endsWhenTheCallerCancelsTheRequest(String beginning) throws Exception {
    TestNames.answer("slow.internal", "127.0.0.1");
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    try (RawProvider server =
        raw((request, out) -> {
          out.write(beginning.getBytes(UTF_8));
          out.flush();
          waiting.countDown();
          done.await(50, TimeUnit.SECONDS);
        })) {
      HttpUriRequestBase request = request("http://slow.internal:" + server.port() + "/v1");
      assertEndsBy(request::cancel, anywhere, request, waiting::await);
    } finally {
      done.countDown();
    }
  }

  @Test
  void endsWhenTheCallerCancelsTheRequestBeforeTlsIsThere() throws Exception {
    TestNames.answer(CERTIFIED, "127.0.0.1");
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
      HttpUriRequestBase request =
          request("https://" + CERTIFIED + ":" + silent.getLocalPort() + "/v1");
      assertEndsBy(request::cancel, anywhere, request, silent::accept);
    }
  }

  @Test
  void endsAllRequestsWhenItIsClosed() throws Exception {
    TestNames.answer("slow.internal", "127.0.0.1");
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    GuardedHttpClient client = client(TestPolicy.ALL_HOSTS, LONG);
    try (RawProvider server =
        raw((request, out) -> {
          waiting.countDown();
          done.await(50, TimeUnit.SECONDS);
        })) {
      HttpGet request = request("http://slow.internal:" + server.port() + "/v1");
      assertEndsBy(client::close, client, request, waiting::await);
    } finally {
      done.countDown();
    }
  }

  /** Ends it once {@code waiting} has returned, which the test's timeout bounds. */
  private static void assertEndsBy(
      Runnable end, GuardedHttpClient client, HttpUriRequestBase request, Executable waiting)
      throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<byte[]> run =
          threads.submit(() ->
              client.execute(
                  request, response -> response.getEntity().getContent().readAllBytes()));
      assertDoesNotThrow(waiting);
      end.run();
      ExecutionException failure =
          assertThrows(ExecutionException.class, () -> run.get(30, TimeUnit.SECONDS));
      assertTrue(failure.getCause() instanceof IOException, () -> failure.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "https"})
  void namesTheHostThatRefusesConnections(String scheme) throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    TestNames.answer("down.internal", "127.0.0.1 127.0.0.2");
    ConnectException failure =
        assertThrows(
            ConnectException.class,
            () -> get(anywhere, scheme + "://down.internal:" + port + "/v1"));
    assertTrue(
        String.valueOf(failure.getMessage()).contains("down.internal:" + port),
        () -> failure.toString());
    assertFalse(String.valueOf(failure.getMessage()).contains("sk-1"));
  }
}
