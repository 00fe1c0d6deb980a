package io.carol.llm.api;

import static io.carol.llm.testing.Api.CONTRACT;
import static io.carol.llm.testing.Api.PATH;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.http.ProblemType;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.ProblemCheck;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every status that the contract documents for an operation, and every problem code, produced for
 * real once.
 */
final class EveryAnswerTest {
  /** Sent with some answers only. */
  private static final Map<String, Set<Integer>> SOMETIMES_SENT =
      Map.of(
          "etag", Set.of(200, 201),
          "www-authenticate", Set.of(401),
          "allow", Set.of(405),
          "retry-after", Set.of(429, 503));

  private static final Set<String> OTHERS_SENT =
      Set.of("connection", "content-length", "content-type", "date", "x-request-id");

  /**
   * An answer of the service.
   *
   * @param operation method and status, as {@code CONTRACT.seen()} has them
   * @param code of the problem; empty when there is none
   */
  record Answer(String operation, String code, Supplier<Reply> request) {
    @Override
    public String toString() {
      return operation + " " + code;
    }
  }

  private static final String BODY = Bodies.json("provider", "anthropic", "model", "m");
  private static final String WITH_KEY =
      Bodies.json("provider", "anthropic", "model", "m", "apiKey", "sk-key");
  private static final byte[] TOO_LARGE = new byte[65_537];

  private static final Logger LOGGER = Logger.getLogger("io.carol.llm.http.Problems");
  private static final List<LogRecord> LOG = new CopyOnWriteArrayList<>();
  private static final Handler RECORDER =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          LOG.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private static Setup setup;
  private static Setup withoutKey;
  private static Setup withBadKey;
  private static Setup withKnownUsersOnly;
  private static Setup withoutTable;
  private static Setup withBrokenTable;
  private static Setup withoutIdentityProvider;
  private static Setup withLimits;

  @BeforeAll
  static void start() {
    setup = Setup.start();
    withoutKey = Setup.start(Map.of());
    withBadKey = Setup.start(Map.of("carol.encryption.key", "bad"));
    withKnownUsersOnly = Setup.start(Map.of("carol.users.provision", "false"));
    withoutIdentityProvider =
        Setup.start(
            Map.of(
                "carol.encryption.key",
                Secrets.encryptionKey(),
                "carol.auth.jwks",
                "http://localhost:1/keys"));
    withLimits =
        Setup.start(
            Map.of(
                "carol.limits.writes.per.minute", "1",
                "carol.limits.requests.per.minute", "1",
                "carol.trusted.proxies", "127.0.0.1,::1",
                "carol.limits.connections", "50",
                "carol.limits.header.seconds", "1",
                "carol.limits.body.seconds", "1"));
    withoutTable = Setup.start();
    withoutTable.service().sql("ALTER TABLE user_llm_credentials RENAME TO away");
    withBrokenTable = Setup.start();
    withBrokenTable.service().sql("ALTER TABLE user_llm_credentials RENAME TO away");
    withBrokenTable
        .service()
        .sql("CREATE VIEW user_llm_credentials AS SELECT * FROM away WHERE 1 / 0 = 1");
    LOGGER.addHandler(RECORDER);
    LOGGER.setUseParentHandlers(false);
  }

  @AfterAll
  static void stop() {
    LOGGER.removeHandler(RECORDER);
    LOGGER.setUseParentHandlers(true);
    Stream.of(
            setup,
            withoutKey,
            withBadKey,
            withKnownUsersOnly,
            withoutTable,
            withBrokenTable,
            withoutIdentityProvider,
            withLimits)
        .forEach(Setup::close);
  }

  static Stream<Answer> answers() {
    return Stream.of(
        new Answer("GET 200", "", () -> configured().get()),
        new Answer(
            "GET 400", "bad_request", () -> byHand("GET", "Content-Length: 0\r\n".repeat(2))),
        new Answer("GET 401", "unauthenticated", () -> setup.service().anonymous().get()),
        new Answer("GET 404", "not_configured", () -> unconfigured().get()),
        new Answer("GET 408", "request_timeout", () -> tooSlow("GET", "")),
        new Answer(
            "GET 413", "payload_too_large", () -> unconfigured().send("GET", PATH, TOO_LARGE)),
        new Answer("GET 415", "unsupported_media_type", () -> encoded("GET")),
        new Answer("GET 429", "rate_limited", EveryAnswerTest::oneRequestTooMany),
        new Answer("GET 500", "internal", () -> withBrokenTable.newUser().api().get()),
        new Answer("GET 503", "database_unavailable", () -> withoutTable.newUser().api().get()),
        new Answer(
            "GET 503",
            "identity_provider_unavailable",
            () -> withoutIdentityProvider.newUser().api().get()),
        new Answer("PUT 200", "", () -> configured().put(BODY)),
        new Answer("PUT 201", "", () -> unconfigured().put(BODY)),
        new Answer("PUT 400", "malformed_json", () -> unconfigured().put("{")),
        new Answer("PUT 400", "bad_request", () -> unconfigured().put(BODY, "If-Match", "x")),
        new Answer("PUT 401", "unauthenticated", () -> setup.service().anonymous().put(BODY)),
        new Answer("PUT 403", "forbidden", () -> withCookie("PUT", BODY.getBytes(UTF_8))),
        new Answer("PUT 403", "unknown_user", () -> withKnownUsersOnly.newUser().api().put(BODY)),
        new Answer(
            "PUT 408", "request_timeout", () -> tooSlow("PUT", "Content-Length: 9\r\n\r\n{")),
        new Answer(
            "PUT 412", "precondition_failed", () -> unconfigured().put(BODY, "If-Match", "*")),
        new Answer("PUT 413", "payload_too_large", () -> unconfigured().put(TOO_LARGE)),
        new Answer("PUT 415", "unsupported_media_type", () -> encoded("PUT")),
        new Answer(
            "PUT 415",
            "unsupported_media_type",
            () -> unconfigured().put(BODY, "Content-Type", "text/plain")),
        new Answer("PUT 422", "invalid", () -> unconfigured().put("{}")),
        new Answer("PUT 429", "rate_limited", () -> oneWriteTooMany().put(BODY)),
        new Answer("PUT 500", "internal", () -> withBrokenTable.newUser().api().put(BODY)),
        new Answer("PUT 503", "database_unavailable", () -> withoutTable.newUser().api().put(BODY)),
        new Answer(
            "PUT 503", "encryption_key_missing", () -> withoutKey.newUser().api().put(WITH_KEY)),
        new Answer(
            "PUT 503", "encryption_key_malformed", () -> withBadKey.newUser().api().put(WITH_KEY)),
        new Answer(
            "PUT 503",
            "identity_provider_unavailable",
            () -> withoutIdentityProvider.newUser().api().put(BODY)),
        new Answer("DELETE 204", "", () -> configured().delete()),
        new Answer("DELETE 204", "", () -> unconfigured().delete()),
        new Answer("DELETE 400", "bad_request", () -> unconfigured().delete("If-None-Match", "x")),
        new Answer("DELETE 401", "unauthenticated", () -> setup.service().anonymous().delete()),
        new Answer("DELETE 403", "forbidden", () -> withCookie("DELETE", null)),
        new Answer("DELETE 408", "request_timeout", () -> tooSlow("DELETE", "X: ")),
        new Answer(
            "DELETE 412", "precondition_failed", () -> configured().delete("If-None-Match", "*")),
        new Answer(
            "DELETE 413",
            "payload_too_large",
            () -> unconfigured().send("DELETE", PATH, TOO_LARGE)),
        new Answer("DELETE 415", "unsupported_media_type", () -> encoded("DELETE")),
        new Answer("DELETE 429", "rate_limited", () -> oneWriteTooMany().delete()),
        new Answer("DELETE 500", "internal", () -> withBrokenTable.newUser().api().delete()),
        new Answer(
            "DELETE 503", "database_unavailable", () -> withoutTable.newUser().api().delete()),
        new Answer(
            "DELETE 503",
            "identity_provider_unavailable",
            () -> withoutIdentityProvider.newUser().api().delete()),
        new Answer("GET 503", "overloaded", EveryAnswerTest::oneConnectionTooMany),
        // Of no operation.
        new Answer("POST 405", "method_not_allowed", () -> unconfigured().send("POST", PATH, null)),
        new Answer("GET 404", "not_found", () -> unconfigured().send("GET", "/api/other", null)),
        new Answer("POST 400", "bad_request", () -> byHand("POST", "Content-Length: x\r\n")));
  }

  private static Api unconfigured() {
    return setup.newUser().api();
  }

  private static Api configured() {
    User user = setup.newUser();
    assertEquals(201, user.api().put(WITH_KEY).status());
    return user.api();
  }

  private static Reply encoded(String method) {
    return unconfigured().send(method, PATH, BODY.getBytes(UTF_8), "Content-Encoding", "gzip");
  }

  /** As a browser sends it from somewhere else. */
  private static Reply withCookie(String method, byte @Nullable [] body) {
    String cookie = "carol_session=" + TestService.identity().token("somebody");
    return setup.service().anonymous().send(method, PATH, body, "Cookie", cookie);
  }

  private static Reply oneRequestTooMany() {
    Api api = withLimits.newUser().api();
    api.get("X-Forwarded-For", "203.0.113.1");
    return api.get("X-Forwarded-For", "203.0.113.1");
  }

  private static Api oneWriteTooMany() {
    Api api = withLimits.newUser().api();
    assertEquals(201, api.put(BODY).status());
    return api;
  }

  /** Begins a request, and then waits. */
  private static Reply tooSlow(String method, String rest) {
    String request =
        "%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n%s"
            .formatted(method, PATH, TestService.identity().token("slow"), rest);
    try (RawHttp raw = new RawHttp(withLimits.service().connect())) {
      return checked(method, raw.send(request).read());
    }
  }

  private static Reply oneConnectionTooMany() {
    String get = "GET " + PATH + " HTTP/1.1\r\nHost: x\r\n\r\n";
    List<RawHttp> open = new ArrayList<>();
    try {
      Reply reply;
      do {
        open.add(new RawHttp(withLimits.service().connect()));
        reply = open.getLast().send(get).read();
      } while (reply.status() == 401);
      return checked("GET", reply);
    } finally {
      open.forEach(RawHttp::close);
    }
  }

  private static Reply byHand(String method, String headers) {
    Reply reply =
        Wire.exchange(
            setup.service().connect(),
            method + " " + PATH + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    return checked(method, reply);
  }

  private static Reply checked(String method, Reply reply) {
    CONTRACT.check(method, PATH, reply.status(), reply.headers(), reply.body());
    return reply;
  }

  @ParameterizedTest
  @MethodSource("answers")
  void isAsDocumentedAndHasItsHeaders(Answer answer) {
    Reply reply = answer.request().get();
    String method = answer.operation().split(" ", 2)[0];
    assertEquals(answer.operation(), method + " " + reply.status());
    assertTrue(CONTRACT.seen().contains(answer.operation()), () -> CONTRACT.seen().toString());
    if (answer.code().isEmpty()) {
      assertEquals(reply.status() == 204 ? "" : "application/json", reply.header("content-type"));
    } else {
      assertEquals(answer.code(), reply.code());
      assertEquals("application/problem+json", reply.header("content-type"));
      assertEquals(reply.header("x-request-id"), reply.text("requestId"));
    }
    ProblemCheck.SECURITY_HEADERS.forEach(
        (name, value) -> assertEquals(value, reply.header(name), name));
    SOMETIMES_SENT.forEach((name, statuses) ->
        assertEquals(statuses.contains(reply.status()), reply.headers().containsKey(name), name));
    Set<String> unexpected = new TreeSet<>(reply.headers().keySet());
    unexpected.removeAll(ProblemCheck.SECURITY_HEADERS.keySet());
    unexpected.removeAll(SOMETIMES_SENT.keySet());
    unexpected.removeAll(OTHERS_SENT);
    assertEquals(Set.of(), unexpected);
  }

  @Test
  void everyDocumentedStatusIsAmongThem() {
    Set<String> operations = answers().map(Answer::operation).collect(toCollection(TreeSet::new));
    operations.removeAll(Set.of("POST 405", "POST 400"));
    assertEquals(new TreeSet<>(CONTRACT.documented(PATH)), operations);
  }

  @Test
  void everyCodeIsAmongThem() {
    Set<String> codes = answers().map(Answer::code).collect(toCollection(TreeSet::new));
    codes.remove("");
    Set<String> known =
        Stream.of(ProblemType.values()).map(ProblemType::code).collect(toCollection(TreeSet::new));
    assertEquals(known, codes);
  }

  @Test
  void anInternalErrorIsInTheLogUnderTheIdOfTheAnswer() {
    Reply reply = withBrokenTable.newUser().api().get();
    LogRecord entry =
        LOG.stream()
            .filter(logged -> logged.getMessage().contains(reply.text("requestId")))
            .findFirst()
            .orElseThrow();
    assertNotNull(entry.getThrown());
    assertTrue(
        Stream.iterate(entry.getThrown(), Objects::nonNull, Throwable::getCause)
            .anyMatch(cause -> String.valueOf(cause.getMessage()).contains("division by zero")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "0123456789", "3f0d2c9e-7c55-4f0a-b1de-0a1b2c3d4e5f", "A.b_c-9"})
  void aHarmlessRequestIdIsKept(String id) {
    Reply reply = unconfigured().get("X-Request-Id", id);
    assertEquals(id, reply.header("x-request-id"));
    assertEquals(id, reply.text("requestId"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\tb", "a,b", "a/b", "a\"b", "<a>", "a\u00e9", "%0a", "a="})
  void anyOtherRequestIdIsReplaced(String id) {
    Reply reply = unconfigured().get("X-Request-Id", id);
    assertTrue(reply.header("x-request-id").matches("[0-9a-f]{16}"), reply::toString);
    assertEquals(reply.header("x-request-id"), reply.text("requestId"));
  }

  @Test
  void aRequestIdMayHave64Characters() {
    assertEquals(
        "x".repeat(64), unconfigured().get("X-Request-Id", "x".repeat(64)).text("requestId"));
    assertEquals(16, unconfigured().get("X-Request-Id", "x".repeat(65)).text("requestId").length());
  }
}
