package io.carol.llm.api;

import static io.carol.llm.testing.Api.CONTRACT;
import static io.carol.llm.testing.Api.PATH;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.http.ProblemType;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.ProblemCheck;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.RawProvider;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Every status that the contract lists for an operation, every problem code and every example, each
 * produced by the service.
 */
final class EveryAnswerTest {
  /** Operations and statuses that alone have a header. */
  private static final Map<String, String> SOMETIMES_SENT =
      Map.of("etag", "\\w+ " + PATH + " 20[01]", "www-authenticate", ".* 401", "allow", ".* 405");

  private static final Set<String> OTHERS_SENT =
      Set.of("connection", "content-length", "content-type", "date", "retry-after", "x-request-id");

  /** Codes of problems with which the same request may succeed later. */
  private static final Set<String> WORTH_WAITING =
      Set.of("rate_limited", "database_unavailable", "identity_provider_unavailable");

  private static final String KEY_PATH = PATH + "/api-key";
  private static final String CHECK_PATH = CheckResource.PATH;
  private static final String STATUS_PATH = SettingsResource.STATUS_PATH;
  private static final String RIGHT_KEY = "sk-FAKE-right";
  private static final String BODY = Bodies.json("provider", "anthropic", "model", "m");
  private static final String WITH_KEY =
      Bodies.json("provider", "anthropic", "model", "m", "apiKey", "sk-key");
  private static final byte[] TOO_LARGE = new byte[1_000_000];
  private static final JsonMapper JSON = new JsonMapper();
  private static final Map<String, JsonNode> EXAMPLES = CONTRACT.examples();

  /**
   * An answer of the service.
   *
   * @param operation method, path and status
   * @param code of the problem; empty when there is none
   * @param example the name of the example in the contract that is this answer; empty for none
   */
  record Answer(String operation, String code, String example, Supplier<Reply> request) {
    @Override
    public String toString() {
      return operation + " " + code + " " + example;
    }
  }

  @AutoClose private static Setup setup;
  @AutoClose private static Setup withoutKey;
  @AutoClose private static Setup withBadKey;
  @AutoClose private static Setup withForeignKey;
  @AutoClose private static Setup withRetiredKey;
  @AutoClose private static Setup withLimits;
  @AutoClose private static Setup withoutTable;
  @AutoClose private static Setup withoutDatabase;
  @AutoClose private static Setup withBrokenTable;
  @AutoClose private static Setup withoutIdentityProvider;
  @AutoClose private static RawProvider provider;

  @BeforeAll
  static void start() throws IOException {
    provider = RawProvider.start(EveryAnswerTest::answer);
    setup = Setup.start();
    setup
        .service()
        .sql("ALTER TABLE user_llm_credentials ADD CHECK (model <> 'refused by the database')");
    withoutKey = Setup.start(Map.of());
    withBadKey = Setup.start(Map.of("carol.encryption.key", "bad"));
    withForeignKey =
        withRegisteredKey("kid = '00000000', check_value = 'v1.00000000.' || repeat('A', 40)");
    withRetiredKey = withRegisteredKey("retired_at = now()");
    withLimits =
        Setup.start(
            Map.of(
                "carol.users.provision", "false",
                "carol.limits.writes.per.minute", "600",
                "carol.check.enabled", "false"));
    withoutIdentityProvider =
        Setup.launch(
            Map.of(
                "carol.encryption.key",
                Secrets.encryptionKey(),
                "carol.auth.jwks",
                "http://localhost:1/keys"));
    withoutDatabase =
        Setup.launch(Map.of("carol.database.url", "jdbc:postgresql://localhost:1/carol"));
    withoutTable = Setup.start();
    withoutTable.service().sql("ALTER TABLE user_llm_credentials RENAME TO away");
    withBrokenTable = Setup.start();
    withBrokenTable.service().sql("ALTER TABLE user_llm_credentials RENAME TO away");
    withBrokenTable
        .service()
        .sql("CREATE VIEW user_llm_credentials AS SELECT * FROM away WHERE 1 / 0 = 1");
  }

  /** With a key that the first save has registered, and that was changed afterwards. */
  private static Setup withRegisteredKey(String change) {
    Setup started = Setup.start();
    assertEquals(201, started.newUser().api().put(WITH_KEY).status());
    started.service().sql("UPDATE llm_encryption_keys SET " + change);
    return started;
  }

  /** Anthropic, an Ollama, and a provider that wants money. */
  private static String answer(String request) {
    if (request.startsWith("GET /anthropic/")) {
      return request.contains("x-api-key: " + RIGHT_KEY)
          ? list("claude-sonnet-4-5", "claude-haiku-4-5")
          : "HTTP/1.1 401 Unauthorized\r\n\r\n";
    }
    return request.startsWith("GET /ollama/")
        ? list("llama3.2:latest", "qwen3:8b")
        : "HTTP/1.1 402 Payment Required\r\n\r\n";
  }

  private static String list(String... models) {
    return Stream.of(models)
        .map("{\"id\":\"%s\"}"::formatted)
        .collect(joining(",", "HTTP/1.1 200 OK\r\n\r\n{\"data\":[", "]}"));
  }

  static Stream<Answer> answers() {
    return Stream.of(
            gets(), puts(), deletes(PATH), deletes(KEY_PATH), checks(), statuses(), ofNoOperation())
        .flatMap(answers -> answers);
  }

  private static Stream<Answer> gets() {
    return Stream.of(
        get(200, "", "", () -> configured().get()),
        get(401, "unauthenticated", "unauthenticated", () -> setup.service().anonymous().get()),
        get(404, "not_configured", "notConfigured", () -> unconfigured().get()),
        get(500, "internal", "internal", () -> withBrokenTable.newUser().api().get()),
        get(
            503,
            "database_unavailable",
            "databaseUnavailable",
            () -> withoutDatabase.newUser().api().get()),
        get(
            503,
            "identity_provider_unavailable",
            "identityProviderUnavailable",
            () -> withoutIdentityProvider.newUser().api().get()));
  }

  private static Stream<Answer> puts() {
    return Stream.of(
        put(200, "", "openRouter", () -> saved("openRouterWithKey").put(example("keepStoredKey"))),
        put(200, "", "", () -> saved("anthropicWithKey").put(example("clearKey"))),
        put(201, "", "anthropic", () -> unconfigured().put(example("anthropicWithKey"))),
        put(
            201,
            "",
            "anthropicElsewhere",
            () -> unconfigured().put(example("anthropicElsewhereWithKey"))),
        put(201, "", "ollama", () -> unconfigured().put(example("ollamaWithoutKey"))),
        put(
            400,
            "malformed_json",
            "malformedJson",
            () -> unconfigured().put("{\"provider\":\"anthropic\",")),
        put(
            400,
            "malformed_json",
            "duplicateMember",
            () -> unconfigured().put("{\"model\":\"m\",\"model\":\"n\"}")),
        put(
            400,
            "bad_request",
            "unreadablePrecondition",
            () -> unconfigured().put(BODY, "If-Match", "x")),
        put(401, "unauthenticated", "", () -> setup.service().anonymous().put(BODY)),
        put(403, "forbidden", "", () -> withCookie("PUT", PATH, BODY)),
        put(403, "unknown_user", "unknownUser", () -> withLimits.newUser().api().put(BODY)),
        put(
            412,
            "precondition_failed",
            "preconditionFailed",
            () -> configured().put(BODY, "If-Match", "\"other\"")),
        put(413, "payload_too_large", "payloadTooLarge", () -> unconfigured().put(TOO_LARGE)),
        put(
            415,
            "unsupported_media_type",
            "unsupportedMediaType",
            () -> unconfigured().put(BODY, "Content-Type", "text/plain")),
        put(
            415,
            "unsupported_media_type",
            "",
            () -> unconfigured().put(BODY, "Content-Encoding", "gzip")),
        refused("apiKeyRequired", () -> saved("openRouterWithKey").put(BODY)),
        refused(
            "severalMembers",
            () ->
                unconfigured()
                    .put(Bodies.json("provider", "openai_compatible", "temperature", "1"))),
        refused("insecureBaseUrl", () -> withBaseUrl("http://llm.example/v1")),
        refused("endpoint", () -> withBaseUrl("https://llm.example/v1/chat/completions")),
        refused("forbiddenHost", () -> withBaseUrl("http://169.254.169.254/v1")),
        refused(
            "maskedKey",
            () ->
                unconfigured()
                    .put(Bodies.json("provider", "anthropic", "model", "m", "apiKey", "****"))),
        refused("notAnObject", () -> unconfigured().put("[]")),
        put(429, "rate_limited", "rateLimited", () -> oneWriteTooMany(api -> api.put(BODY))),
        put(
            500,
            "internal",
            "",
            () ->
                unconfigured()
                    .put(Bodies.json("provider", "anthropic", "model", "refused by the database"))),
        put(503, "database_unavailable", "", () -> withoutTable.newUser().api().put(BODY)),
        put(
            503,
            "encryption_key_missing",
            "encryptionKeyMissing",
            () -> withoutKey.newUser().api().put(WITH_KEY)),
        put(
            503,
            "encryption_key_malformed",
            "encryptionKeyMalformed",
            () -> withBadKey.newUser().api().put(WITH_KEY)),
        put(
            503,
            "encryption_key_foreign",
            "encryptionKeyForeign",
            () -> withForeignKey.newUser().api().put(WITH_KEY)),
        put(
            503,
            "encryption_key_retired",
            "encryptionKeyRetired",
            () -> withRetiredKey.newUser().api().put(WITH_KEY)),
        put(
            503,
            "identity_provider_unavailable",
            "",
            () -> withoutIdentityProvider.newUser().api().put(BODY)));
  }

  private static Stream<Answer> deletes(String path) {
    String foreignOrigin = path.equals(PATH) ? "foreignOrigin" : "";
    return Stream.of(
        delete(path, 204, "", "", () -> delete(configured(), path)),
        delete(path, 204, "", "", () -> delete(unconfigured(), path)),
        delete(
            path, 400, "bad_request", "", () -> delete(unconfigured(), path, "If-None-Match", "x")),
        delete(path, 401, "unauthenticated", "", () -> delete(setup.service().anonymous(), path)),
        delete(path, 403, "forbidden", foreignOrigin, () -> withCookie("DELETE", path, "")),
        delete(
            path,
            412,
            "precondition_failed",
            "",
            () -> delete(configured(), path, "If-None-Match", "*")),
        delete(path, 429, "rate_limited", "", () -> oneWriteTooMany(api -> delete(api, path))),
        delete(path, 500, "internal", "", () -> delete(withBrokenTable.newUser().api(), path)),
        delete(
            path,
            503,
            "database_unavailable",
            "",
            () -> delete(withoutTable.newUser().api(), path)),
        delete(
            path,
            503,
            "identity_provider_unavailable",
            "",
            () -> delete(withoutIdentityProvider.newUser().api(), path)));
  }

  private static Stream<Answer> checks() {
    return Stream.of(
        check(200, "", "works", () -> tryAnthropic(RIGHT_KEY)),
        check(200, "", "keyRefused", () -> tryAnthropic("sk-FAKE-wrong")),
        check(200, "", "noCredit", () -> tryModel("m", at("/paid"), "sk-key")),
        check(200, "", "connectionRefused", () -> tryModel("m", "http://localhost:1/v1", "sk-key")),
        check(200, "", "modelNotListed", () -> tryModel("llama3.3", at("/ollama"), null)),
        check(400, "malformed_json", "", () -> check(unconfigured(), "{")),
        check(401, "unauthenticated", "", () -> check(setup.service().anonymous(), BODY)),
        check(403, "forbidden", "", () -> withCookie("POST", CHECK_PATH, BODY)),
        check(404, "not_configured", "notConfigured", () -> check(unconfigured(), null)),
        check(404, "not_found", "notFound", () -> check(withLimits.newUser().api(), BODY)),
        check(
            413, "payload_too_large", "", () -> unconfigured().send("POST", CHECK_PATH, TOO_LARGE)),
        check(
            415,
            "unsupported_media_type",
            "",
            () ->
                unconfigured()
                    .send("POST", CHECK_PATH, BODY.getBytes(UTF_8), "Content-Type", "text/plain")),
        check(422, "invalid", "apiKeyRequired", () -> check(saved("openRouterWithKey"), BODY)),
        check(429, "rate_limited", "", EveryAnswerTest::oneCheckTooMany),
        check(500, "internal", "", () -> check(withBrokenTable.newUser().api(), null)),
        check(503, "database_unavailable", "", () -> check(withoutTable.newUser().api(), null)),
        check(
            503,
            "identity_provider_unavailable",
            "",
            () -> check(withoutIdentityProvider.newUser().api(), null)));
  }

  private static Stream<Answer> statuses() {
    return Stream.of(
        status(200, "", "neverUsed", () -> status(configured())),
        status(200, "", "refusedLast", () -> reported("refused", "2026-03-01T09:30:00Z", "")),
        status(
            200, "", "unreadable", () -> reported("accepted", "2026-02-11T17:02:45Z", "00000000")),
        status(401, "unauthenticated", "", () -> status(setup.service().anonymous())),
        status(404, "not_configured", "notConfigured", () -> status(unconfigured())),
        status(500, "internal", "", () -> status(withBrokenTable.newUser().api())),
        status(503, "database_unavailable", "", () -> status(withoutTable.newUser().api())),
        status(
            503,
            "identity_provider_unavailable",
            "",
            () -> status(withoutIdentityProvider.newUser().api())));
  }

  private static Stream<Answer> ofNoOperation() {
    return Stream.of(
        new Answer(
            "POST " + PATH + " 405",
            "method_not_allowed",
            "methodNotAllowed",
            () -> unconfigured().send("POST", PATH, null)),
        new Answer(
            "GET /api/other 404",
            "not_found",
            "notFound",
            () -> unconfigured().send("GET", "/api/other", null)),
        get(
            505,
            "http_version_not_supported",
            "httpVersionNotSupported",
            () -> exchange("GET", PATH, "HTTP/1.0", "Host: x\r\n\r\n")));
  }

  private static Answer get(int status, String code, String example, Supplier<Reply> request) {
    return new Answer("GET " + PATH + " " + status, code, example, request);
  }

  private static Answer put(int status, String code, String example, Supplier<Reply> request) {
    return new Answer("PUT " + PATH + " " + status, code, example, request);
  }

  private static Answer refused(String example, Supplier<Reply> request) {
    return put(422, "invalid", example, request);
  }

  private static Answer delete(
      String path, int status, String code, String example, Supplier<Reply> request) {
    return new Answer("DELETE " + path + " " + status, code, example, request);
  }

  private static Answer check(int status, String code, String example, Supplier<Reply> request) {
    return new Answer("POST " + CHECK_PATH + " " + status, code, example, request);
  }

  private static Answer status(int status, String code, String example, Supplier<Reply> request) {
    return new Answer("GET " + STATUS_PATH + " " + status, code, example, request);
  }

  private static Reply check(Api api, @Nullable String body) {
    return api.send("POST", CHECK_PATH, body == null ? null : body.getBytes(UTF_8));
  }

  private static Reply tryAnthropic(String key) {
    return check(
        unconfigured(),
        Bodies.json(
            "provider",
            "anthropic",
            "model",
            "claude-sonnet-4-5",
            "baseUrl",
            at("/anthropic"),
            "apiKey",
            key));
  }

  /** Without a key when {@code key} is null. */
  private static Reply tryModel(String model, String baseUrl, @Nullable String key) {
    return check(
        unconfigured(),
        Bodies.json(
            "provider", "openai_compatible", "model", model, "baseUrl", baseUrl, "apiKey", key));
  }

  private static String at(String path) {
    return provider.url(path);
  }

  private static Reply oneCheckTooMany() {
    Api api = unconfigured();
    Reply reply = check(api, null);
    while (reply.status() == 404) {
      reply = check(api, null);
    }
    return reply;
  }

  private static Reply status(Api api) {
    return api.send("GET", STATUS_PATH, null);
  }

  /**
   * The status after a report of the agent.
   *
   * @param kid of the key that the stored one is sealed with; empty for the configured one
   */
  private static Reply reported(String outcome, String time, String kid) {
    User user = setup.newUser();
    assertEquals(201, user.api().put(WITH_KEY).status());
    setup
        .service()
        .sql(
            """
            INSERT INTO user_llm_usage (user_id, version, outcome, reported_at)
            SELECT user_id, version, '%s', '%s' FROM user_llm_credentials WHERE user_id = '%s'
            """
                .formatted(outcome, time, user.id()));
    if (!kid.isEmpty()) {
      user.edit(
          "api_key_ciphertext = overlay(api_key_ciphertext PLACING '%s' FROM 4)".formatted(kid));
    }
    return status(user.api());
  }

  private static JsonNode documented(String name) {
    return Objects.requireNonNull(EXAMPLES.get(name), name);
  }

  private static String example(String name) {
    return documented(name).toString();
  }

  private static Api unconfigured() {
    return setup.newUser().api();
  }

  private static Api configured() {
    return saved("anthropicWithKey");
  }

  private static Api saved(String example) {
    User user = setup.newUser();
    assertEquals(201, user.api().put(example(example)).status());
    return user.api();
  }

  private static Reply withBaseUrl(String url) {
    return unconfigured()
        .put(Bodies.json("provider", "openai_compatible", "model", "m", "baseUrl", url));
  }

  private static Reply delete(Api api, String path, String... headers) {
    return api.send("DELETE", path, null, headers);
  }

  /** As a browser sends it from a page of another site. */
  private static Reply withCookie(String method, String path, String body) {
    return exchange(
        method,
        path,
        "HTTP/1.1",
        "Host: carol.example\r\nOrigin: https://other.example\r\n"
            + "Content-Type: application/json\r\nContent-Length: %d\r\n".formatted(body.length())
            + "Cookie: carol_session=%s\r\n\r\n%s"
                .formatted(TestService.identity().token("user-with-cookie"), body));
  }

  /** Until the limit is reached. The bucket fills up again while a slow machine sends. */
  private static Reply oneWriteTooMany(Function<Api, Reply> write) {
    Api api = withLimits.newUser().api();
    Reply reply;
    do {
      api.delete();
      reply = write.apply(api);
    } while (reply.status() != 429);
    return reply;
  }

  /** Sends what no HTTP client would send. */
  private static Reply exchange(String method, String path, String version, String rest) {
    try (RawHttp raw = new RawHttp(setup.service().connect())) {
      Reply reply = raw.send("%s %s %s\r\n%s".formatted(method, path, version, rest)).read();
      CONTRACT.check(method, path, reply.status(), reply.headers(), reply.body());
      return reply;
    }
  }

  @ParameterizedTest
  @MethodSource("answers")
  void isAsDocumentedAndAsItsExampleSays(Answer answer) {
    Reply reply = answer.request().get();
    assertTrue(answer.operation().endsWith(" " + reply.status()), reply::toString);
    if (answer.code().isEmpty()) {
      assertEquals(reply.status() == 204 ? "" : "application/json", reply.header("content-type"));
    } else {
      assertEquals(answer.code(), reply.code());
      assertEquals("application/problem+json", reply.header("content-type"));
      assertEquals(reply.header("x-request-id"), reply.text("requestId"));
    }
    ProblemCheck.SECURITY_HEADERS.forEach(
        (name, value) -> assertEquals(value, reply.header(name), name));
    SOMETIMES_SENT.forEach((name, operations) ->
        assertEquals(
            answer.operation().matches(operations), reply.headers().containsKey(name), name));
    assertEquals(WORTH_WAITING.contains(answer.code()), reply.headers().containsKey("retry-after"));
    Set<String> unexpected = new TreeSet<>(reply.headers().keySet());
    unexpected.removeAll(ProblemCheck.SECURITY_HEADERS.keySet());
    unexpected.removeAll(SOMETIMES_SENT.keySet());
    unexpected.removeAll(OTHERS_SENT);
    assertEquals(Set.of(), unexpected);
    if (!answer.example().isEmpty()) {
      assertIsExample(documented(answer.example()), JSON.readTree(reply.body()));
    }
  }

  private static void assertIsExample(JsonNode example, JsonNode real) {
    if (example.has("requestId")) {
      assertTrue(example.path("requestId").asString().matches("[0-9a-f]{16}"), example::toString);
      ((ObjectNode) real).set("requestId", example.path("requestId"));
    }
    assertEquals(example.toPrettyString(), real.toPrettyString());
  }

  @Test
  void everyExampleOfAnAnswerIsAmongThem() {
    Set<String> examples = answers().map(Answer::example).collect(toCollection(TreeSet::new));
    examples.remove("");
    Set<String> documented = new TreeSet<>(EXAMPLES.keySet());
    // Those of requests have none of these members.
    documented.removeIf(name ->
        Stream.of("code", "keyConfigured", "verdict", "lastUsedAt")
            .noneMatch(documented(name)::has));
    assertEquals(documented, examples);
  }

  @Test
  void everyDocumentedStatusIsAmongThem() {
    Set<String> missing = new TreeSet<>(CONTRACT.documented());
    answers().map(Answer::operation).forEach(missing::remove);
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyCodeIsAmongThem() {
    Set<String> codes = answers().map(Answer::code).collect(toCollection(TreeSet::new));
    codes.remove("");
    Set<String> known =
        Stream.of(ProblemType.values()).map(ProblemType::code).collect(toCollection(TreeSet::new));
    assertEquals(known, codes);
    Set<String> documented = new TreeSet<>();
    CONTRACT
        .schemaNamed("ProblemCode")
        .path("enum")
        .forEach(code -> documented.add(code.asString()));
    assertEquals(documented, codes);
  }
}
