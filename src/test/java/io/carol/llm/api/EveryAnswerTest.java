package io.carol.llm.api;

import static io.carol.llm.http.ProblemType.BAD_REQUEST;
import static io.carol.llm.http.ProblemType.DATABASE_UNAVAILABLE;
import static io.carol.llm.http.ProblemType.ENCRYPTION_KEY_FOREIGN;
import static io.carol.llm.http.ProblemType.ENCRYPTION_KEY_MALFORMED;
import static io.carol.llm.http.ProblemType.ENCRYPTION_KEY_MISSING;
import static io.carol.llm.http.ProblemType.ENCRYPTION_KEY_RETIRED;
import static io.carol.llm.http.ProblemType.FORBIDDEN;
import static io.carol.llm.http.ProblemType.HTTP_VERSION_NOT_SUPPORTED;
import static io.carol.llm.http.ProblemType.IDENTITY_PROVIDER_UNAVAILABLE;
import static io.carol.llm.http.ProblemType.INTERNAL;
import static io.carol.llm.http.ProblemType.INVALID;
import static io.carol.llm.http.ProblemType.MALFORMED_JSON;
import static io.carol.llm.http.ProblemType.METHOD_NOT_ALLOWED;
import static io.carol.llm.http.ProblemType.NOT_CONFIGURED;
import static io.carol.llm.http.ProblemType.NOT_FOUND;
import static io.carol.llm.http.ProblemType.PAYLOAD_TOO_LARGE;
import static io.carol.llm.http.ProblemType.PRECONDITION_FAILED;
import static io.carol.llm.http.ProblemType.RATE_LIMITED;
import static io.carol.llm.http.ProblemType.UNAUTHENTICATED;
import static io.carol.llm.http.ProblemType.UNKNOWN_USER;
import static io.carol.llm.http.ProblemType.UNSUPPORTED_MEDIA_TYPE;
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

  /** Problems with which the same request may succeed later. */
  private static final Set<ProblemType> WORTH_WAITING =
      Set.of(RATE_LIMITED, DATABASE_UNAVAILABLE, IDENTITY_PROVIDER_UNAVAILABLE);

  private static final String KEY_PATH = PATH + "/api-key";
  private static final String CHECK_PATH = CheckResource.PATH;
  private static final String STATUS_PATH = SettingsResource.STATUS_PATH;
  private static final String GET = "GET " + PATH;
  private static final String PUT = "PUT " + PATH;
  private static final String DELETE = "DELETE " + PATH;
  private static final String DELETE_KEY = "DELETE " + KEY_PATH;
  private static final String CHECK = "POST " + CHECK_PATH;
  private static final String STATUS = "GET " + STATUS_PATH;
  private static final String RIGHT_KEY = "sk-FAKE-right";
  private static final String BODY = Bodies.json("provider", "anthropic", "model", "m");
  private static final String WITH_KEY =
      Bodies.json("provider", "anthropic", "model", "m", "apiKey", "sk-key");
  private static final byte[] TOO_LARGE = new byte[1_000_000];
  private static final String[] PLAIN = {"Content-Type", "text/plain"};
  private static final JsonMapper JSON = new JsonMapper();
  private static final Map<String, JsonNode> EXAMPLES = CONTRACT.examples();

  /**
   * An answer of the service.
   *
   * @param operation method and path
   * @param problem null when there is none
   * @param example the name of the example in the contract that is this answer; empty for none
   */
  record Answer(
      String operation,
      int status,
      @Nullable ProblemType problem,
      String example,
      Supplier<Reply> request) {
    /** As the contract documents it. */
    String documented() {
      return operation + " " + status;
    }

    @Override
    public String toString() {
      return documented() + " " + (problem == null ? "" : problem.code()) + " " + example;
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

  /** How a client sends a request of an operation, with further headers. */
  private interface Request {
    Reply send(Api api, String... headers);
  }

  private static final Map<String, Request> WRITES =
      Map.of(
          PUT, (api, headers) -> api.put(BODY, headers),
          DELETE, Api::delete,
          DELETE_KEY, (api, headers) -> api.send("DELETE", KEY_PATH, null, headers));

  private static final Map<String, Request> OTHERS =
      Map.of(
          GET, Api::get,
          CHECK, (api, headers) -> check(api, null, headers),
          STATUS, (api, headers) -> api.send("GET", STATUS_PATH, null, headers));

  static Stream<Answer> answers() {
    Stream<Answer> ofAll =
        Stream.of(WRITES, OTHERS)
            .flatMap(operations -> operations.entrySet().stream())
            .flatMap(each -> ofEveryOperation(each.getKey(), each.getValue()));
    Stream<Answer> ofWrites =
        WRITES.entrySet().stream().flatMap(each -> ofEveryWrite(each.getKey(), each.getValue()));
    return Stream.of(ofAll, ofWrites, gets(), puts(), checks(), statuses())
        .flatMap(answers -> answers);
  }

  private static Stream<Answer> ofEveryOperation(String operation, Request request) {
    return Stream.of(
        problem(operation, UNAUTHENTICATED, "unauthenticated", () -> request.send(anonymous())),
        problem(operation, INTERNAL, "internal", () -> request.send(userOf(withBrokenTable))),
        problem(operation, DATABASE_UNAVAILABLE, "", () -> request.send(userOf(withoutTable))),
        problem(
            operation,
            IDENTITY_PROVIDER_UNAVAILABLE,
            "identityProviderUnavailable",
            () -> request.send(userOf(withoutIdentityProvider))));
  }

  private static Stream<Answer> ofEveryWrite(String operation, Request request) {
    Stream<Answer> problems =
        Stream.of(
            problem(operation, FORBIDDEN, "foreignOrigin", () -> withCookie(operation)),
            problem(
                operation,
                BAD_REQUEST,
                "unreadablePrecondition",
                () -> request.send(unconfigured(), "If-Match", "x")),
            problem(
                operation,
                PRECONDITION_FAILED,
                "preconditionFailed",
                () -> request.send(configured(), "If-None-Match", "*")),
            problem(operation, RATE_LIMITED, "rateLimited", () -> oneWriteTooMany(request)));
    Stream<Answer> removals =
        Stream.of(
            success(operation, 204, "", () -> request.send(configured())),
            success(operation, 204, "", () -> request.send(unconfigured())));
    return operation.equals(PUT) ? problems : Stream.concat(problems, removals);
  }

  private static Stream<Answer> gets() {
    return Stream.of(
        success(GET, 200, "", () -> configured().get()),
        problem(GET, NOT_CONFIGURED, "notConfigured", () -> unconfigured().get()),
        problem(
            GET, DATABASE_UNAVAILABLE, "databaseUnavailable", () -> userOf(withoutDatabase).get()),
        problem(
            GET,
            HTTP_VERSION_NOT_SUPPORTED,
            "httpVersionNotSupported",
            () -> exchange(GET, "HTTP/1.0", "Host: x\r\n\r\n")),
        problem(
            "GET /api/other",
            NOT_FOUND,
            "notFound",
            () -> unconfigured().send("GET", "/api/other", null)));
  }

  private static Stream<Answer> puts() {
    return Stream.of(
        success(
            PUT, 200, "openRouter", () -> saved("openRouterWithKey").put(example("keepStoredKey"))),
        success(PUT, 200, "", () -> saved("anthropicWithKey").put(example("clearKey"))),
        success(PUT, 201, "anthropic", () -> put(example("anthropicWithKey"))),
        success(PUT, 201, "anthropicElsewhere", () -> put(example("anthropicElsewhereWithKey"))),
        success(PUT, 201, "ollama", () -> put(example("ollamaWithoutKey"))),
        problem(PUT, MALFORMED_JSON, "malformedJson", () -> put("{\"provider\":\"anthropic\",")),
        problem(PUT, MALFORMED_JSON, "duplicateMember", () -> put("{\"model\":1,\"model\":2}")),
        problem(PUT, UNKNOWN_USER, "unknownUser", () -> userOf(withLimits).put(BODY)),
        problem(PUT, PAYLOAD_TOO_LARGE, "payloadTooLarge", () -> unconfigured().put(TOO_LARGE)),
        problem(PUT, UNSUPPORTED_MEDIA_TYPE, "unsupportedMediaType", () -> put(BODY, PLAIN)),
        problem(PUT, INVALID, "apiKeyRequired", () -> saved("openRouterWithKey").put(BODY)),
        problem(
            PUT,
            INVALID,
            "severalMembers",
            () -> put(Bodies.json("provider", "openai_compatible", "temperature", "1"))),
        problem(PUT, INVALID, "insecureBaseUrl", () -> withBaseUrl("http://llm.example/v1")),
        problem(
            PUT, INVALID, "endpoint", () -> withBaseUrl("https://llm.example/v1/chat/completions")),
        problem(PUT, INVALID, "forbiddenHost", () -> withBaseUrl("http://169.254.169.254/v1")),
        problem(PUT, INVALID, "maskedKey", () -> put(WITH_KEY.replace("sk-key", "****"))),
        problem(PUT, INVALID, "notAnObject", () -> put("[]")),
        withKey(ENCRYPTION_KEY_MISSING, "encryptionKeyMissing", withoutKey),
        withKey(ENCRYPTION_KEY_MALFORMED, "encryptionKeyMalformed", withBadKey),
        withKey(ENCRYPTION_KEY_FOREIGN, "encryptionKeyForeign", withForeignKey),
        withKey(ENCRYPTION_KEY_RETIRED, "encryptionKeyRetired", withRetiredKey),
        problem(
            "POST " + PATH,
            METHOD_NOT_ALLOWED,
            "methodNotAllowed",
            () -> unconfigured().send("POST", PATH, null)));
  }

  private static Answer withKey(ProblemType type, String example, Setup service) {
    return problem(PUT, type, example, () -> userOf(service).put(WITH_KEY));
  }

  private static Stream<Answer> checks() {
    return Stream.of(
        success(CHECK, 200, "works", () -> tryAnthropic(RIGHT_KEY)),
        success(CHECK, 200, "keyRefused", () -> tryAnthropic("sk-FAKE-wrong")),
        success(CHECK, 200, "noCredit", () -> tryModel("m", at("/paid"), "sk-key")),
        success(
            CHECK,
            200,
            "connectionRefused",
            () -> tryModel("m", "http://localhost:1/v1", "sk-key")),
        success(CHECK, 200, "modelNotListed", () -> tryModel("llama3.3", at("/ollama"), null)),
        problem(CHECK, MALFORMED_JSON, "", () -> check(unconfigured(), "{")),
        problem(CHECK, FORBIDDEN, "foreignOrigin", () -> withCookie(CHECK)),
        problem(CHECK, NOT_CONFIGURED, "notConfigured", () -> check(unconfigured(), null)),
        problem(CHECK, NOT_FOUND, "notFound", () -> check(userOf(withLimits), BODY)),
        problem(CHECK, PAYLOAD_TOO_LARGE, "", () -> check(unconfigured(), " ".repeat(100_000))),
        problem(CHECK, UNSUPPORTED_MEDIA_TYPE, "", () -> check(unconfigured(), BODY, PLAIN)),
        problem(CHECK, INVALID, "apiKeyRequired", () -> check(saved("openRouterWithKey"), BODY)),
        problem(CHECK, RATE_LIMITED, "", EveryAnswerTest::oneCheckTooMany));
  }

  private static Stream<Answer> statuses() {
    return Stream.of(
        success(STATUS, 200, "neverUsed", () -> status(configured())),
        success(STATUS, 200, "refusedLast", () -> reported("refused", "2026-03-01T09:30:00Z", "")),
        success(
            STATUS,
            200,
            "unreadable",
            () -> reported("accepted", "2026-02-11T17:02:45Z", "00000000")),
        problem(STATUS, NOT_CONFIGURED, "notConfigured", () -> status(unconfigured())));
  }

  private static Answer success(
      String operation, int status, String example, Supplier<Reply> request) {
    return new Answer(operation, status, null, example, request);
  }

  private static Answer problem(
      String operation, ProblemType type, String example, Supplier<Reply> request) {
    return new Answer(operation, type.status(), type, example, request);
  }

  private static Reply check(Api api, @Nullable String body, String... headers) {
    return api.send("POST", CHECK_PATH, body == null ? null : body.getBytes(UTF_8), headers);
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

  private static Api userOf(Setup setup) {
    return setup.newUser().api();
  }

  private static Api unconfigured() {
    return userOf(setup);
  }

  private static Api anonymous() {
    return setup.service().anonymous();
  }

  private static Api configured() {
    return saved("anthropicWithKey");
  }

  private static Api saved(String example) {
    User user = setup.newUser();
    assertEquals(201, user.api().put(example(example)).status());
    return user.api();
  }

  private static Reply put(String body, String... headers) {
    return unconfigured().put(body, headers);
  }

  private static Reply withBaseUrl(String url) {
    return put(Bodies.json("provider", "openai_compatible", "model", "m", "baseUrl", url));
  }

  /** As a browser sends it from a page of another site. */
  private static Reply withCookie(String operation) {
    return exchange(
        operation,
        "HTTP/1.1",
        "Host: carol.example\r\nOrigin: https://other.example\r\n"
            + "Content-Type: application/json\r\nContent-Length: %d\r\n".formatted(BODY.length())
            + "Cookie: carol_session=%s\r\n\r\n%s"
                .formatted(TestService.identity().token("user-with-cookie"), BODY));
  }

  /** Until the limit is reached. The bucket fills up again while a slow machine sends. */
  private static Reply oneWriteTooMany(Request write) {
    Api api = userOf(withLimits);
    Reply reply;
    do {
      api.delete();
      reply = write.send(api);
    } while (reply.status() != 429);
    return reply;
  }

  /** Sends what no HTTP client would send. */
  private static Reply exchange(String operation, String version, String rest) {
    String[] parts = operation.split(" ", -1);
    try (RawHttp raw = new RawHttp(setup.service().connect())) {
      Reply reply = raw.send("%s %s\r\n%s".formatted(operation, version, rest)).read();
      CONTRACT.check(parts[0], parts[1], reply.status(), reply.headers(), reply.body());
      return reply;
    }
  }

  @ParameterizedTest
  @MethodSource("answers")
  void isAsDocumentedAndAsItsExampleSays(Answer answer) {
    Reply reply = answer.request().get();
    ProblemType problem = answer.problem();
    assertEquals(answer.status(), reply.status(), reply::toString);
    if (problem == null) {
      assertEquals(reply.status() == 204 ? "" : "application/json", reply.header("content-type"));
    } else {
      assertEquals(problem.code(), reply.code());
      assertEquals("application/problem+json", reply.header("content-type"));
      assertEquals(reply.header("x-request-id"), reply.text("requestId"));
    }
    ProblemCheck.SECURITY_HEADERS.forEach(
        (name, value) -> assertEquals(value, reply.header(name), name));
    SOMETIMES_SENT.forEach((name, operations) ->
        assertEquals(
            answer.documented().matches(operations), reply.headers().containsKey(name), name));
    assertEquals(
        problem != null && WORTH_WAITING.contains(problem),
        reply.headers().containsKey("retry-after"));
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
    answers().map(Answer::documented).forEach(missing::remove);
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyCodeIsAmongThem() {
    Set<String> codes = new TreeSet<>();
    answers().map(Answer::problem).filter(Objects::nonNull).forEach(it -> codes.add(it.code()));
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
