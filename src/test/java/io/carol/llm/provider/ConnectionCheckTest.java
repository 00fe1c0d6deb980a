package io.carol.llm.provider;

import static io.carol.llm.provider.CheckResult.wireName;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.ModelName;
import io.carol.llm.settings.Provider;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.RawProvider;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestNames;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.TestService;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of providers that behave, and of those that do not. */
@Timeout(60)
final class ConnectionCheckTest {
  private static final String KEY = "sk-canary-5fG7hJ9kL2mN4pQ6";
  private static final String MODEL = "llama3.2";

  @AutoClose
  private static final LlmSettingsService settings =
      LlmSettingsService.open(
          TestService.config(
              TestService.newDatabase(), Map.of("carol.encryption.key", Secrets.encryptionKey())));

  @AutoClose
  private static final ConnectionCheck check = new ConnectionCheck(settings, LlmServer::trusted);

  private static final AtomicInteger USERS = new AtomicInteger();

  private static LlmSettings compatible(String baseUrl) {
    return new LlmSettings(
        Provider.OPENAI_COMPATIBLE, new ModelName(MODEL), TestPolicy.ALL_HOSTS.parse(baseUrl));
  }

  /** Each time for another user, who may have only two checks at a time. */
  private static CheckResult check(String baseUrl, KeyChange key) {
    return check.check("user-" + USERS.incrementAndGet(), compatible(baseUrl), key);
  }

  private static KeyChange key(String text) {
    return text.isEmpty() ? new KeyChange.Clear() : new KeyChange.Replace(ApiKey.of(text));
  }

  /** Verdict, reason, key, model. */
  private static String summary(CheckResult result) {
    CheckResult.Reason reason = result.reason();
    return String.join(
        " ",
        wireName(result.verdict()),
        reason == null ? "-" : wireName(reason),
        wireName(result.key()),
        wireName(result.model()));
  }

  private static String response(String status, String headers, String body) {
    return "HTTP/1.1 " + status + "\r\n" + headers + "\r\n" + body;
  }

  private static String response(String status, String body) {
    return response(status, "Content-Length: " + body.getBytes(UTF_8).length + "\r\n", body);
  }

  private static String models(String... ids) {
    return response(
        "200 OK",
        Stream.of(ids)
            .map(id -> "{\"id\":\"" + id + "\",\"object\":\"model\"}")
            .toList()
            .toString()
            .transform(data -> "{\"object\":\"list\",\"data\":" + data + "}"));
  }

  private static String json(String body) {
    return response(
        "200 OK",
        "Content-Type: application/json\r\nContent-Length: " + body.getBytes(UTF_8).length + "\r\n",
        body);
  }

  private static String gzip(String text) {
    try {
      ByteArrayOutputStream zipped = new ByteArrayOutputStream();
      try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
        out.write(text.getBytes(UTF_8));
      }
      return response(
          "200 OK",
          "Content-Encoding: gzip\r\nContent-Length: " + zipped.size() + "\r\n",
          zipped.toString(ISO_8859_1));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static final String UNAUTHORIZED =
      response("401 Unauthorized", "{\"error\":{\"message\":\"Incorrect API key\"}}");

  /** What a provider answers to a request with the key and without it, and what is said of it. */
  static Stream<Arguments> answers() {
    String good = models("other", MODEL);
    return Stream.of(
        // lists
        listed("a good one", good),
        provider("403 without a key", good, response("403 No", ""), "works - accepted listed"),
        provider("400 without a key", good, response("400 No", "[]"), "works - accepted listed"),
        provider("lists without a key", good, good, "unsure - unjudged listed"),
        provider("fails without a key", good, response("500 No", ""), "unsure - unjudged listed"),
        provider("hangs up without a key", good, "", "unsure - unjudged listed"),
        unlisted("another model", models("x")),
        unlisted("no model", models()),
        unlisted("Ollama without a model", json("{\"object\":\"list\",\"data\":null}")),
        listed("Ollama's tag", models(MODEL + ":latest")),
        unlisted("another tag", models(MODEL + ":7b")),
        listed("Gemini's prefix", models("models/" + MODEL)),
        listed("models by id", json("{\"models\":[{\"id\":\"llama3.2\"}]}")),
        listed("models by name", json("{\"models\":[{\"name\":\"llama3.2\"}]}")),
        listed(
            "name before id",
            json("{\"data\":[{\"name\":\"Llama\",\"id\":\"llama3.2\",\"x\":{\"id\":\"no\"}}]}")),
        listed("an array", json("[{\"id\":\"llama3.2\"}]")),
        listed(
            "both lists", json("{\"models\":[{\"name\":\"a\"}],\"data\":[{\"id\":\"llama3.2\"}]}")),
        listed(
            "members of other kinds",
            json("{\"data\":[{\"id\":\"llama3.2\",\"n\":[1,[2],{\"id\":3}]},{\"id\":7},5,null]}")),
        listed(
            "chunks",
            response(
                "200 OK",
                "Transfer-Encoding: chunked\r\n",
                "a\r\n{\"data\":[{\r\n11\r\n\"id\":\"llama3.2\"}]\r\n1\r\n}\r\n0\r\n\r\n")),
        listed("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n{\"data\":[{\"id\":\"llama3.2\"}]}"),
        listed("an interim response", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + good),
        listed("a model name in Devanagari", models("मॉडल", MODEL)),
        listed("an id that no name of a model is as long as", models(MODEL, "x".repeat(1_025))),
        unlisted("not UTF-8", response("200 OK", "", "{\"data\":[{\"id\":\"\u00ff\u00fe\"}]}")),
        listed(
            "15 MB of descriptions",
            list(1_500, "{\"description\":\"" + "a".repeat(9_900) + "\\\\\",\"id\":\"a\"},")),
        // statuses
        status(UNAUTHORIZED, "fails key_refused refused"),
        status(response("401 No", ""), "fails key_refused refused"),
        status(
            response("401 No", "{\"error\":\"Missing scopes: api.model.read\"}"),
            "unsure key_not_permitted unjudged"),
        status(
            response("401 No", "{\"error\":\"insufficient_permissions\"}"),
            "unsure key_not_permitted unjudged"),
        status(response("403 No", ""), "unsure key_not_permitted unjudged"),
        status(response("402 Pay", ""), "fails no_credit accepted"),
        status(response("404 No", "<html>"), "unsure no_model_list unjudged"),
        status(response("405 No", ""), "unsure no_model_list unjudged"),
        status(response("501 No", ""), "unsure no_model_list unjudged"),
        status(response("429 Slow", ""), "unsure rate_limited unjudged"),
        status(response("500 Oh", ""), "unsure provider_error unjudged"),
        status(response("418 Tea", ""), "unsure provider_error unjudged"),
        status(response("400 Oh", "{}"), "unsure provider_error unjudged"),
        status(
            response("400 Oh", "{\"error\":{\"message\":\"API key not valid.\"}}"),
            "fails key_refused refused"),
        status(
            response("400 Oh", "[{\"error\":{\"message\":\"Invalid Authorization header.\"}}]"),
            "fails key_refused refused"),
        status(
            response("302 No", "Location: http://169.254.169.254/\r\nContent-Length: 0\r\n", ""),
            "fails redirected unjudged"),
        status(response("304 Same", ""), "fails redirected unjudged"),
        // what is no list
        stranger("201", response("201 Created", "{\"data\":[]}")),
        stranger("204", response("204 No Content", "", "")),
        stranger("HTML", response("200 OK", "<!doctype html><title>Sign in</title>")),
        stranger("an empty body", response("200 OK", "")),
        stranger("another object", json("{\"status\":\"ok\"}")),
        stranger("an error with 200", json("{\"error\":{\"message\":\"no\"},\"data\":{}}")),
        stranger("a number", json("42")),
        stranger("a list of objects without ids", json("{\"data\":[{\"n\":1}]}")),
        stranger("a list of numbers", json("{\"data\":[1,2]}")),
        stranger("an array of arrays", json("[[]]")),
        stranger("a list within the list", json("{\"x\":{\"data\":[{\"id\":\"llama3.2\"}]}}")),
        stranger("half an object", json("{\"data\":[{\"id\":\"llama3.2\"}")),
        stranger("two objects", json("{\"data\":[{\"id\":\"llama3.2\"}]} {}")),
        stranger("depth", json("{\"data\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}")),
        tooLong("17 MB of descriptions", list(1_700, "{\"x\":\"" + "a".repeat(10_000) + "\"},")),
        tooLong("one string of 3 MB", list(1, "{\"x\":\"" + "\\\"".repeat(1_500_000) + "\"},")),
        stranger("gzip", gzip("{\"data\":[{\"id\":\"llama3.2\"}]}")),
        // what is no HTTP
        stranger("nothing", ""),
        stranger("SSH", "SSH-2.0-OpenSSH_9.2p1\r\n"),
        stranger("a status of letters", "HTTP/1.1 abc OK\r\n\r\n"),
        stranger("the status 000", "HTTP/1.1 000 OK\r\n\r\n"),
        stranger("a negative HTTP version", "HTTP/-1.1 200 OK\r\n\r\n"),
        stranger("half a body", response("200 OK", "Content-Length: 99\r\n", "{\"data\":[")),
        stranger(
            "a broken chunk",
            response("200 OK", "Transfer-Encoding: chunked\r\n", "xyz\r\n{}\r\n")),
        stranger("endless headers", "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(200_000)),
        stranger("a long header", "HTTP/1.1 200 OK\r\nX: " + "y".repeat(4 << 20)),
        // the key in an answer
        stranger("the key as an id", models(MODEL, KEY)),
        stranger("the key within an id", models(MODEL, "Bearer " + KEY + "!")),
        stranger("the key in upper case", models(MODEL, KEY.toUpperCase(Locale.ROOT))),
        stranger("the key in escapes", models(MODEL, KEY.replace("-", "\\u002d"))),
        stranger("the key in base64", models(MODEL, base64(KEY))),
        stranger("the header in base64", models(MODEL, base64("Bearer " + KEY))),
        stranger("one byte and the key in base64", models(MODEL, base64(":" + KEY))),
        stranger("two bytes and the key in base64", models(MODEL, base64("::" + KEY))),
        stranger("the key in hex", models(MODEL, HexFormat.of().formatHex(KEY.getBytes(US_ASCII)))),
        stranger("the key in a long id", models(MODEL, "x".repeat(100_000) + KEY)),
        provider(
            "the key in headers and errors",
            response("401 " + KEY, "X-Key: " + KEY + "\r\nContent-Length: 0\r\n", ""),
            "",
            "fails key_refused refused unjudged"));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(US_ASCII));
  }

  private static Arguments provider(
      String name, String withKey, String withoutKey, String expected) {
    return Arguments.argumentSet(name, withKey, withoutKey, expected);
  }

  private static Arguments listed(String name, String answer) {
    return provider(name, answer, UNAUTHORIZED, "works - accepted listed");
  }

  private static Arguments unlisted(String name, String answer) {
    return provider(name, answer, UNAUTHORIZED, "unsure - accepted not_listed");
  }

  private static Arguments status(String answer, String expected) {
    return provider(answer.replaceAll("\\s+", " "), answer, "", expected + " unjudged");
  }

  private static Arguments tooLong(String name, String answer) {
    return provider(name, answer, UNAUTHORIZED, "unsure no_model_list unjudged unjudged");
  }

  /** So many times the same, then the model. */
  private static String list(int count, String entry) {
    return json("{\"data\":[" + entry.repeat(count) + "{\"id\":\"" + MODEL + "\"}]}");
  }

  private static Arguments stranger(String name, String answer) {
    return provider(name, answer, UNAUTHORIZED, "fails not_an_llm unjudged unjudged");
  }

  @ParameterizedTest
  @MethodSource("answers")
  void saysWhatIsTrueOfEachProvider(String withKey, String withoutKey, String expected)
      throws IOException {
    try (RawProvider provider =
        RawProvider.start(request -> request.contains("Bearer " + KEY) ? withKey : withoutKey)) {
      CheckResult result = check(provider.url("/v1"), key(KEY));
      assertEquals(expected, summary(result));
      assertFalse(result.toString().contains(KEY), result.toString());
      assertTrue(
          provider.requests().stream().allMatch(line -> line.startsWith("GET /v1/models HTTP/1.1")),
          provider.requests().toString());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "200 OK, works - none listed",
    "400 No, fails key_refused none unjudged",
    "401 No, fails key_refused none unjudged",
    "403 No, unsure key_not_permitted none unjudged",
    "402 No, fails no_credit none unjudged",
    "404 No, unsure no_model_list none unjudged"
  })
  void asksOnceWhenThereIsNoKey(String status, String expected) throws IOException {
    String body = "{\"data\":[{\"id\":\"llama3.2\"}],\"error\":\"Missing Authorization header\"}";
    try (RawProvider provider = RawProvider.start(request -> response(status, body))) {
      assertEquals(expected, summary(check(provider.url("/v1"), key(""))));
      assertEquals(1, provider.requests().size());
      assertFalse(provider.requests().toString().contains("Authorization"));
    }
  }

  @Nested
  final class Anthropic {
    private static CheckResult check(RawProvider provider, String model, String key) {
      LlmSettings anthropic =
          new LlmSettings(
              Provider.ANTHROPIC,
              new ModelName(model),
              TestPolicy.ALL_HOSTS.parse(provider.url("/gateway")));
      return check.check("user", anthropic, key(key));
    }

    @Test
    void isAskedInItsOwnWay() throws IOException {
      try (RawProvider provider =
          RawProvider.start(
              request -> request.contains("x-api-key: " + KEY) ? models("claude") : UNAUTHORIZED)) {
        assertEquals("works - accepted listed", summary(check(provider, "claude", KEY)));
        String request = provider.requests().getFirst();
        assertTrue(request.startsWith("GET /gateway/v1/models?limit=1000 HTTP/1.1\n"), request);
        assertTrue(request.contains("anthropic-version: 2023-06-01\n"), request);
        assertFalse(request.contains("Authorization"), request);
        assertEquals(
            "fails key_refused refused unjudged", summary(check(provider, "claude", "sk-wrong")));
      }
    }

    /** Anthropic lists its older models with a date, and takes them without it. */
    @ParameterizedTest
    @CsvSource({
      "claude-sonnet-4-5, claude-sonnet-4-5-20250929, listed",
      "claude-sonnet-4-5-20250929, claude-sonnet-4-5-20250929, listed",
      "claude-sonnet-4-0, claude-sonnet-4-20250514, listed",
      "claude-3-7-sonnet-latest, claude-3-7-sonnet-20250219, listed",
      "claude-sonnet-4, claude-sonnet-4-20250514, not_listed",
      "claude-3-7-sonnet, claude-3-7-sonnet-20250219, not_listed",
      "claude-sonnet-4-5-latest, claude-sonnet-4-5-20250929, not_listed",
      "claude-sonnet-4, claude-sonnet-4-5-20250929, not_listed",
      "claude-sonnet-4-5, claude-sonnet-4-5-2025092, not_listed",
      "claude-sonnet-4-5-20250929, claude-sonnet-4-5, not_listed",
      "claude-sonnet-4-6-latest, claude-sonnet-4-6, not_listed",
      "claude-.*, claude-sonnet-20250929, not_listed"
    })
    void listsAModelUnderItsDate(String model, String listed, String expected) throws IOException {
      try (RawProvider provider = RawProvider.start(request -> models(listed))) {
        assertEquals(expected, wireName(check(provider, model, KEY).model()));
      }
    }

    @Test
    void isTheOnlyProviderWhoseModelsAreFoundWithoutTheirDate() throws IOException {
      try (RawProvider provider = RawProvider.start(request -> models(MODEL + "-20250929"))) {
        CheckResult other = ConnectionCheckTest.check(provider.url("/v1"), key(KEY));
        assertEquals("not_listed", wireName(other.model()));
      }
    }
  }

  /** OpenRouter lists its models without a key, and has another place that judges a key. */
  @ParameterizedTest
  @CsvSource({
    "200 OK, works - accepted listed",
    "401 No, fails key_refused refused listed",
    "500 No, unsure - unjudged listed"
  })
  void asksOpenRouterForTheKeyItself(String status, String expected) throws Exception {
    TestNames.answer("openrouter.ai", "127.0.0.1");
    try (LlmServer server =
        LlmServer.https(
            "127.0.0.1",
            0,
            exchange -> {
              boolean isKey = exchange.getRequestURI().getPath().equals("/api/v1/key");
              LlmServer.answer(
                  exchange,
                  isKey ? Integer.parseInt(status.substring(0, 3)) : 200,
                  "{\"data\":[{\"id\":\"" + MODEL + "\"}]}");
            })) {
      CheckResult result = check("https://openrouter.ai:" + server.port() + "/api/v1", key(KEY));
      assertEquals(expected, summary(result));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://nowhere.internal:1/v1, '', fails name_not_found",
    "http://metadata.lan:80/v1, 169.254.169.254, fails address_not_allowed",
    "http://public.lan:80/v1, 8.8.8.8, fails address_not_allowed",
    "http://closed.lan:1/v1, 127.0.0.1, fails connection_refused",
    "http://127.0.0.1:1/v1, '', fails connection_refused",
    "http://broadcast.lan:1/v1, 127.0.0.1 127.255.255.255, fails connection_refused"
  })
  void reachesNothingWhereNothingIs(String url, String addresses, String expected) {
    String host = URI.create(url).getHost();
    if (!host.startsWith("127")) {
      TestNames.answer(host, addresses);
    }
    assertEquals(expected + " unjudged unjudged", summary(check(url, key(KEY))));
  }

  @Test
  void sendsNothingWhereTheCertificateIsNotTrusted() throws Exception {
    TestNames.answer("llm.test", "127.0.0.1");
    try (RawProvider provider =
            RawProvider.start(LlmServer.trusted().getServerSocketFactory(), (request, out) -> {});
        ConnectionCheck wary = new ConnectionCheck(settings, SSLContext::getDefault)) {
      String url = "https://llm.test:" + provider.port() + "/v1";
      assertEquals(
          "fails tls unjudged unjudged", summary(wary.check("user", compatible(url), key(KEY))));
      assertEquals(List.of(), provider.requests());
    }
  }

  @Test
  void saysThatThereIsNoTls() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.ofVirtual()
          .start(() -> {
            try (Socket client = server.accept()) {
              client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
              client.getInputStream().readAllBytes();
            } catch (IOException e) {
              // The client has gone.
            }
          });
      String url = "https://127.0.0.1:" + server.getLocalPort() + "/v1";
      assertEquals("fails tls unjudged unjudged", summary(check(url, key(KEY))));
    }
  }

  /** Five seconds in all, whatever takes them. */
  @Nested
  final class TakesFiveSecondsAtMost {
    private static final String TIMEOUT = "fails timeout unjudged unjudged";

    private static String after(RawProvider.Behaviour behaviour) throws IOException {
      try (RawProvider provider = RawProvider.start(ServerSocketFactory.getDefault(), behaviour)) {
        return summary(check(provider.url("/v1"), key(KEY)));
      }
    }

    private static void drip(OutputStream out, String text) throws Exception {
      for (byte b : text.getBytes(UTF_8)) {
        out.write(b);
        Thread.sleep(200);
      }
    }

    /** At once, because each takes its five seconds. */
    @TestFactory
    Stream<DynamicTest> aServerThat() {
      ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
      return Stream.of(
          new SlowServer("never answers", TIMEOUT, (request, out) -> Thread.sleep(60_000)),
          new SlowServer("drips its headers", TIMEOUT, (request, out) -> drip(out, models(MODEL))),
          new SlowServer(
              "drips its body",
              TIMEOUT,
              (request, out) -> {
                out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(UTF_8));
                drip(out, "[".repeat(200));
              }),
          new SlowServer(
              "drips the body of an error",
              "fails key_refused refused unjudged",
              (request, out) -> {
                out.write("HTTP/1.1 401 No\r\n\r\n".getBytes(UTF_8));
                drip(out, "x".repeat(200));
              }),
          new SlowServer(
              "hangs without the key has still listed its models",
              "unsure - unjudged listed",
              (request, out) -> {
                if (request.contains(KEY)) {
                  out.write(models(MODEL).getBytes(UTF_8));
                } else {
                  Thread.sleep(60_000);
                }
              }))
          .map(server -> {
            Future<String> result = executor.submit(() -> after(server.behaviour()));
            return DynamicTest.dynamicTest(
                server.name(),
                () -> assertEquals(server.expected(), result.get(30, TimeUnit.SECONDS)));
          })
          .toList()
          .stream();
    }

    private record SlowServer(String name, String expected, RawProvider.Behaviour behaviour) {}

    @Test
    void eightChecksAtATimeTwoOfOneUserAndOthersAreRefused() throws Exception {
      CountDownLatch arrived = new CountDownLatch(8);
      try (ConnectionCheck busy = new ConnectionCheck(settings, LlmServer::trusted);
          RawProvider provider =
              RawProvider.start(
                  ServerSocketFactory.getDefault(),
                  (request, out) -> {
                    arrived.countDown();
                    Thread.sleep(60_000);
                  });
          ExecutorService users = Executors.newVirtualThreadPerTaskExecutor()) {
        Function<String, CheckResult> hanging =
            user -> busy.check(user, compatible(provider.url("/v1")), key(KEY));
        List<Future<CheckResult>> checks = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          checks.add(users.submit(() -> hanging.apply("greedy")));
        }
        TestService.await("two checks are under way", () -> arrived.getCount() == 6);
        assertThrows(TooManyChecksException.class, () -> hanging.apply("greedy"));
        for (int i = 0; i < 6; i++) {
          String user = "user-" + i;
          checks.add(users.submit(() -> hanging.apply(user)));
        }
        assertTrue(arrived.await(20, TimeUnit.SECONDS));
        assertThrows(TooManyChecksException.class, () -> hanging.apply("ninth"));
        for (Future<CheckResult> check : checks) {
          assertEquals(TIMEOUT, summary(check.get(20, TimeUnit.SECONDS)));
        }
        TestService.await(
            "a later check is taken",
            () -> {
              try {
                return summary(busy.check("user", compatible("http://127.0.0.1:1"), key(KEY)))
                    .startsWith("fails connection_refused");
              } catch (TooManyChecksException e) {
                return false;
              }
            });
      }
    }
  }

  @Test
  void aCheckThatCannotBeStartedLeavesTheNextOnesTheirPlace() {
    try (ConnectionCheck broken =
        new ConnectionCheck(
            settings,
            () -> {
              throw new OutOfMemoryError("no more threads");
            })) {
      for (int i = 0; i < 20; i++) {
        assertThrows(
            OutOfMemoryError.class,
            () -> broken.check("user", compatible("http://127.0.0.1:1"), key(KEY)));
      }
    }
  }

  @Test
  void aChallengeThatCannotBeReadIsNotLogged() throws IOException {
    String challenge = "WWW-Authenticate: Digest\r\nContent-Length: 0\r\n";
    try (LogCapture log = new LogCapture();
        RawProvider provider = RawProvider.start(request -> response("401 No", challenge, ""))) {
      assertEquals(
          "fails key_refused refused unjudged", summary(check(provider.url("/v1"), key(KEY))));
      assertEquals(List.of(), log.eventsWith("MalformedChallengeException"));
    }
  }

  @Test
  void listsAThousandValidNamesInOrderAndFindsTheModelBehindThem() throws IOException {
    String[] ids =
        IntStream.range(0, 3_000).mapToObj(i -> "a" + (9_999 - i)).toArray(String[]::new);
    ids[0] = " padded";
    ids[1] = "line\\nbreak";
    ids[2] = "right\\u202eleft";
    ids[3] = "x".repeat(257);
    ids[4] = MODEL;
    try (RawProvider provider = RawProvider.start(request -> models(ids))) {
      CheckResult result = check(provider.url("/v1"), key(""));
      assertEquals("works - none listed", summary(result));
      assertEquals(IntStream.range(7_000, 8_000).mapToObj(i -> "a" + i).toList(), result.models());
    }
    try (RawProvider provider =
        RawProvider.start(request -> models(ids[0], ids[1], ids[2], ids[3], "ok", "ok"))) {
      assertEquals(List.of("ok"), check(provider.url("/v1"), key("")).models());
    }
  }

  @Test
  void namesNoMoreModelsThanAClientThatDoesNotReadMayHold() throws IOException {
    String[] ids =
        IntStream.range(0, 600)
            .mapToObj(i -> "%03d".formatted(i) + "x".repeat(200))
            .toArray(String[]::new);
    try (RawProvider provider = RawProvider.start(request -> models(ids))) {
      List<String> names = check(provider.url("/v1"), key("")).models();
      assertEquals(List.of(ids).subList(0, 64 * 1024 / 203), names);
    }
  }

  @Test
  void aShortKeyIsNoSecretThatANameOfAModelCouldRepeat() throws IOException {
    try (RawProvider provider = RawProvider.start(request -> models(MODEL, "ollama/x"))) {
      assertEquals("unsure - unjudged listed", summary(check(provider.url("/v1"), key("ollama"))));
      assertEquals(
          "fails not_an_llm unjudged unjudged",
          summary(check(provider.url("/v1"), key("ollama/x"))));
    }
  }
}
