package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.testing.TestNames;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way out to an LLM, with names that lead wherever the test says. */
final class GuardedHttpClientTest {
  private static final String CERTIFIED = LlmServer.CERTIFIED;

  private static GuardedHttpClient open;
  private static GuardedHttpClient hosted;

  @BeforeAll
  static void openClients() throws IOException {
    open = client(true);
    hosted = client(false);
  }

  @AfterAll
  static void closeClients() {
    open.close();
    hosted.close();
  }

  private static GuardedHttpClient client(boolean allowPrivateHosts) throws IOException {
    return GuardedHttpClient.open(
        new BaseUrlPolicy(allowPrivateHosts),
        HttpClient.newBuilder()
            .sslContext(LlmServer.trusted())
            .followRedirects(HttpClient.Redirect.ALWAYS));
  }

  private static HttpResponse<String> get(GuardedHttpClient client, String uri)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(uri)).header("Authorization", "Bearer sk-1").build(),
        BodyHandlers.ofString());
  }

  private static String body(String uri) throws IOException, InterruptedException {
    HttpResponse<String> response = get(open, uri);
    assertEquals(200, response.statusCode());
    return response.body();
  }

  @Nested
  final class Connects {
    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "ollama", "gpu.home.arpa"})
    void overHttpToThisMachineAndPrivateNetworks(String host) throws Exception {
      TestNames.answer("ollama", "127.0.0.1");
      TestNames.answer("gpu.home.arpa", "::ffff:127.0.0.1");
      try (LlmServer server = LlmServer.http("127.0.0.1", 0, LlmServer.says("hello"))) {
        assertEquals("hello", body("http://" + host + ":" + server.port() + "/v1"));
      }
    }

    @Test
    void overHttpsWithTheCertificateOfTheName() throws Exception {
      TestNames.answer(CERTIFIED, "127.0.0.1");
      TestNames.answer("other.test", "127.0.0.1");
      try (LlmServer server = LlmServer.https("127.0.0.1", 0, LlmServer.says("hello"))) {
        assertEquals("hello", body("https://" + CERTIFIED + ":" + server.port() + "/v1"));
        for (String host : List.of("other.test", "127.0.0.1")) {
          assertThrows(
              SSLHandshakeException.class, () -> body("https://" + host + ":" + server.port()));
        }
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void toTheAddressThatWasJudgedThoughTheNameLeadsElsewhereMeanwhile(String scheme)
        throws Exception {
      String host = scheme.equals("http") ? "rebinding.internal" : CERTIFIED;
      boolean tls = scheme.equals("https");
      try (LlmServer first = server(tls, "127.0.0.1", 0, "first");
          LlmServer second = server(tls, "127.0.0.2", first.port(), "second")) {
        assertEquals(first.port(), second.port());
        TestNames.answer(host, "127.0.0.1", "127.0.0.2");
        assertEquals("first", body(scheme + "://" + host + ":" + first.port()));
        assertEquals(1, TestNames.lookups(host));
        if (!tls) {
          assertEquals("second", body(scheme + "://" + host + ":" + first.port()));
        }
        TestNames.answer(host, "127.0.0.1", "169.254.169.254");
        body(scheme + "://" + host + ":" + first.port());
        assertEquals(1, TestNames.lookups(host));
        assertThrows(
            AddressNotAllowedException.class,
            () -> body(scheme + "://" + host + ":" + first.port()));
      }
    }

    private static LlmServer server(boolean tls, String address, int port, String text)
        throws IOException {
      return tls
          ? LlmServer.https(address, port, LlmServer.says(text))
          : LlmServer.http(address, port, LlmServer.says(text));
    }

    @Test
    void toTheNextAddressWhenOneDoesNotAnswer() throws Exception {
      try (LlmServer server = LlmServer.http("127.0.0.1", 0, LlmServer.says("hello"))) {
        TestNames.answer("several.lan", "127.0.0.2 ::1 127.0.0.1");
        assertEquals("hello", body("http://several.lan:" + server.port()));
      }
    }

    /** As with multicast DNS at home, which also tells link-local and public addresses. */
    @Test
    void toTheAllowedAddressesOfANameOnly() throws Exception {
      try (LlmServer server = LlmServer.http("127.0.0.1", 0, LlmServer.says("hello"))) {
        TestNames.answer("nas.local", "169.254.7.7 fe80::7 2600:1f18::7 127.0.0.1");
        assertEquals("hello", body("http://nas.local:" + server.port()));
      }
    }

    @Test
    void withEachRequestToItsOwnHost() throws Exception {
      TestNames.answer("one.internal", "127.0.0.1");
      TestNames.answer("two.internal", "127.0.0.2");
      TestNames.answer(CERTIFIED, "127.0.0.1");
      try (LlmServer one = LlmServer.http("127.0.0.1", 0, LlmServer.says("one"));
          LlmServer two = LlmServer.http("127.0.0.2", 0, LlmServer.says("two"));
          LlmServer three = LlmServer.https("127.0.0.1", 0, LlmServer.says("three"));
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        Map<String, String> answers =
            Map.of(
                "http://one.internal:" + one.port(), "one",
                "http://two.internal:" + two.port(), "two",
                "https://" + CERTIFIED + ":" + three.port(), "three");
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
          answers.forEach((uri, answer) ->
              runs.add(
                  threads.submit(() -> {
                    assertEquals(answer, body(uri + "/v1"));
                    return null;
                  })));
        }
        for (Future<?> run : runs) {
          run.get();
        }
      }
    }
  }

  @Nested
  final class Refuses {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "169.254.169.254",
          "100.100.100.200",
          "168.63.129.16",
          "fd00:ec2::254",
          "fe80::1",
          "0.0.0.0",
          "::",
          "224.0.0.1",
          "255.255.255.255",
          "::ffff:169.254.169.254",
          "::169.254.169.254",
          "64:ff9b::a9fe:a9fe",
          "2002:a9fe:a9fe::1",
          "169.254.169.254 fe80::1"
        })
    void aNameThatLeadsWhereNobodyMayGo(String addresses) {
      TestNames.answer("innocent.test", addresses);
      AddressNotAllowedException refusal =
          assertRefused("base_url_forbidden_host", open, "https://innocent.test/v1");
      assertTrue(String.valueOf(refusal.getMessage()).startsWith("innocent.test leads to "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.7", "127.0.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::7"})
    void aPublicNameThatLeadsToAPrivateAddressWhereTheOperatorForbidsIt(String address) {
      TestNames.answer("inside.test", address);
      AddressNotAllowedException refusal =
          assertRefused("base_url_forbidden_host", hosted, "https://inside.test");
      assertEquals(
          "inside.test leads to "
              + InetAddress.ofLiteral(address).getHostAddress()
              + ". This server allows public hosts only, not local or private ones.",
          refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"93.184.216.34", "2600:1f18::7", "64:ff9b::5db8:d822"})
    void plainHttpToAPrivateNameThatLeadsToAPublicAddress(String address) {
      TestNames.answer("ollama-outside", address);
      assertRefused("base_url_insecure", open, "http://ollama-outside:11434");
    }

    @ParameterizedTest
    @CsvSource({
      "http://llm.test/v1, base_url_insecure",
      "https://169.254.169.254/latest, base_url_forbidden_host",
      "https://metadata.google.internal/, base_url_forbidden_host",
      "https://somebody@llm.test/v1, base_url_malformed",
      "https://llm.test./v1, base_url_malformed",
      "http://[::ffff:127.0.0.1]/v1, base_url_forbidden_host"
    })
    void whatThePolicyRefusesByItsSpelling(String uri, String code) {
      InvalidValueException refusal =
          assertThrows(InvalidValueException.class, () -> get(open, uri));
      assertEquals(code, refusal.code());
    }

    private AddressNotAllowedException assertRefused(
        String code, GuardedHttpClient client, String uri) {
      AddressNotAllowedException refusal =
          assertThrows(AddressNotAllowedException.class, () -> get(client, uri));
      assertEquals(code, refusal.code());
      return refusal;
    }

    @Test
    void withoutConnecting() throws Exception {
      try (ServerSocket server = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
        TestNames.answer("inside.test", "127.0.0.1");
        assertThrows(
            AddressNotAllowedException.class,
            () -> get(hosted, "https://inside.test:" + server.getLocalPort()));
        try (Socket own = new Socket(server.getInetAddress(), server.getLocalPort());
            Socket first = server.accept()) {
          assertEquals(own.getLocalPort(), first.getPort(), "nobody connected before");
        }
      }
    }

    @Test
    void aNameThatDoesNotExist() {
      TestNames.answer("nowhere.test", "");
      assertThrows(UnknownHostException.class, () -> get(open, "https://nowhere.test/v1"));
    }
  }

  @Nested
  final class Sends {
    @Test
    void whatTheServerWouldHaveGotDirectly() throws Exception {
      BlockingQueue<String> received = new LinkedBlockingQueue<>();
      try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
        TestNames.answer("raw.internal", "127.0.0.1");
        Thread.startVirtualThread(() -> {
          try (Socket socket = listener.accept()) {
            BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
            for (String line = reader.readLine(); !line.isEmpty(); line = reader.readLine()) {
              received.add(line);
            }
            socket
                .getOutputStream()
                .write(
                    "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
                        .getBytes(UTF_8));
            received.add("then " + reader.read());
          } catch (IOException e) {
            received.add(e.toString());
          }
        });
        String authority = "raw.internal:" + listener.getLocalPort();
        assertEquals(200, get(open, "http://" + authority + "?a=%20b").statusCode());
        assertEquals("GET /?a=%20b HTTP/1.1", received.take());
        List<String> rest = new ArrayList<>();
        while (rest.isEmpty() || !rest.getLast().startsWith("then ")) {
          rest.add(received.take());
        }
        assertEquals(
            List.of(
                "Authorization: Bearer sk-1", "Connection: close", "Host: " + authority, "then -1"),
            rest.stream().filter(line -> !line.startsWith("User-Agent: ")).sorted().toList());
      }
    }

    @Test
    void nothingOfTheTicketThroughATunnel() throws Exception {
      TestNames.answer(CERTIFIED, "127.0.0.1");
      try (LlmServer server =
          LlmServer.https(
              "127.0.0.1",
              0,
              exchange ->
                  LlmServer.answer(
                      exchange, 200, String.join(" ", exchange.getRequestHeaders().keySet())))) {
        String names = body("https://" + CERTIFIED + ":" + server.port());
        assertTrue(names.contains("Authorization"), names);
        assertFalse(names.contains("Proxy"), names);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://stream.internal", "https://" + CERTIFIED})
    void eachPartOfAnAnswerAsSoonAsItIsThere(String origin) throws Exception {
      CountDownLatch read = new CountDownLatch(1);
      TestNames.answer(URI.create(origin).getHost(), "127.0.0.1");
      try (LlmServer server = streaming(origin, read);
          InputStream events =
              open.send(
                      HttpRequest.newBuilder(URI.create(origin + ":" + server.port()))
                          .POST(BodyPublishers.ofString("{}"))
                          .build(),
                      BodyHandlers.ofInputStream())
                  .body()) {
        assertEquals("data: 1\n\n", new String(events.readNBytes(9), UTF_8));
        read.countDown();
        assertEquals("data: 2\n\n", new String(events.readAllBytes(), UTF_8));
      }
    }

    private static LlmServer streaming(String origin, CountDownLatch read) throws IOException {
      return origin.startsWith("https")
          ? LlmServer.https("127.0.0.1", 0, exchange -> stream(exchange, read))
          : LlmServer.http("127.0.0.1", 0, exchange -> stream(exchange, read));
    }

    private static void stream(HttpExchange exchange, CountDownLatch read) throws IOException {
      try (exchange) {
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

    @ParameterizedTest
    @ValueSource(strings = {"http://large.internal", "https://" + CERTIFIED})
    void aLargeBodyOnceTheServerAsksForIt(String origin) throws Exception {
      TestNames.answer(URI.create(origin).getHost(), "127.0.0.1");
      byte[] body = new byte[3_000_000];
      try (LlmServer server =
          origin.startsWith("https")
              ? LlmServer.https("127.0.0.1", 0, GuardedHttpClientTest::count)
              : LlmServer.http("127.0.0.1", 0, GuardedHttpClientTest::count)) {
        HttpResponse<String> response =
            open.send(
                HttpRequest.newBuilder(URI.create(origin + ":" + server.port()))
                    .expectContinue(true)
                    .POST(BodyPublishers.ofByteArray(body))
                    .build(),
                BodyHandlers.ofString());
        assertEquals("3000000", response.body());
      }
    }
  }

  private static void count(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] length =
          String.valueOf(exchange.getRequestBody().readAllBytes().length).getBytes(UTF_8);
      exchange.sendResponseHeaders(200, length.length);
      exchange.getResponseBody().write(length);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        // The client takes these for an interim answer, too.
        "HTTP/1.0 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1X103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        // And what it reads first as more of the header before.
        "HTTP/1.1 200 OK\r\n not\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\tnot\r\nContent-Length: 0\r\n\r\n",
      })
  void noAnswerGetsItsServerTheNextRequestOfAnother(String answer) throws Exception {
    TestNames.answer("hostile.internal", "127.0.0.1");
    TestNames.answer("two.internal", "127.0.0.2");
    ServerSocket hostile = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"));
    try (LlmServer two = LlmServer.http("127.0.0.2", 0, LlmServer.says("two"));
        GuardedHttpClient client = client(true);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> more =
          threads.submit(() -> {
            try (Socket socket = hostile.accept()) {
              // The client may ask again.
              hostile.close();
              BufferedReader in =
                  new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
              while (!in.readLine().isEmpty()) {}
              socket.getOutputStream().write(answer.getBytes(UTF_8));
              return String.valueOf(in.readLine());
            }
          });
      try {
        get(client, "http://hostile.internal:" + hostile.getLocalPort() + "/v1");
      } catch (IOException e) {
        // What it answered is no answer.
      }
      HttpResponse<String> response = get(client, "http://two.internal:" + two.port() + "/v1");
      assertEquals("two", response.body());
      assertEquals("null", more.get(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void aRedirectIsAnAnswerLikeAnyOther() throws Exception {
    TestNames.answer(CERTIFIED, "127.0.0.1");
    try (LlmServer server =
        LlmServer.https(
            "127.0.0.1",
            0,
            exchange -> {
              exchange.getResponseHeaders().set("Location", "http://169.254.169.254/latest");
              LlmServer.answer(exchange, 307, "");
            })) {
      HttpResponse<String> response =
          get(open, "https://" + CERTIFIED + ":" + server.port() + "/v1");
      assertEquals(307, response.statusCode());
      assertTrue(response.previousResponse().isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "https"})
  void itSaysWhoDidNotAnswer(String scheme) throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    TestNames.answer("down.internal", "127.0.0.1 127.0.0.2");
    ConnectException failure =
        assertThrows(
            ConnectException.class, () -> get(open, scheme + "://down.internal:" + port + "/v1"));
    assertEquals(
        "down.internal does not answer. 127.0.0.1 port %d: Connection refused; 127.0.0.2 port %d: Connection refused"
            .formatted(port, port),
        failure.getMessage());
  }
}
