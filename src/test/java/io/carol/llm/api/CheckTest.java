package io.carol.llm.api;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.provider.CheckResult;
import io.carol.llm.provider.ConnectionCheck;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.RawProvider;
import io.carol.llm.testing.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /api/settings/llm/check} tries settings and leaves everything as it is. */
@Timeout(60)
final class CheckTest {
  private static final String PATH = CheckResource.PATH;
  private static final String KEY = "sk-canary-7Hq2Zr9Lw4Tn";
  private static final String SECRET_OF_THE_PROVIDER = "internal-banner-of-the-provider";

  @AutoClose private static Setup setup;
  @AutoClose private static RawProvider provider;

  @BeforeAll
  static void start() throws IOException {
    setup = Setup.start();
    provider = RawProvider.start(request -> request.contains("Bearer " + KEY) ? list() : refusal());
  }

  private static String list() {
    return "HTTP/1.1 200 OK\r\nX-Banner: %s\r\n\r\n{\"data\":[{\"id\":\"m\"},{\"id\":\"b\"}]}"
        .formatted(SECRET_OF_THE_PROVIDER);
  }

  private static String refusal() {
    return "HTTP/1.1 401 %1$s\r\n\r\n{\"error\":\"%1$s\"}".formatted(SECRET_OF_THE_PROVIDER);
  }

  private static Reply check(Api api, @Nullable String body, String... headers) {
    return api.send("POST", PATH, body == null ? null : body.getBytes(UTF_8), headers);
  }

  private static String body(@Nullable String... more) {
    List<@Nullable String> members =
        new ArrayList<>(
            List.of("provider", "openai_compatible", "model", "m", "baseUrl", provider.url("/v1")));
    members.addAll(Arrays.asList(more));
    // Of two members with one name, Bodies keeps the last.
    return Bodies.json(members.toArray(String[]::new));
  }

  private static User configured() {
    User user = setup.newUser();
    assertEquals(201, user.api().put(body("apiKey", KEY)).status());
    return user;
  }

  @Test
  void triesTheStoredSettingsWithoutABody() {
    User user = configured();
    String row = user.row();
    String etag = user.api().get().header("etag");
    Reply reply = check(user.api(), null);
    assertEquals(
        "{\"verdict\":\"works\",\"reason\":null,\"key\":\"accepted\",\"model\":\"listed\","
            + "\"models\":[\"b\",\"m\"]}",
        reply.body());
    assertEquals("", reply.header("etag"));
    assertEquals("no-store", reply.header("cache-control"));
    assertEquals(row, user.row());
    assertEquals(etag, user.api().get().header("etag"));
  }

  @Test
  void triesTheSettingsInTheBodyAndStoresNothing() {
    User user = setup.newUser();
    assertEquals("works", check(user.api(), body("apiKey", KEY)).text("verdict"));
    assertEquals("key_refused", check(user.api(), body("apiKey", "sk-wrong-key")).text("reason"));
    assertEquals("none", check(user.api(), body("apiKey", null)).text("key"));
    assertEquals("none", user.row());
    assertFalse(user.exists());
  }

  @Test
  void usesTheStoredKeyForItsOwnOriginAlone() throws IOException {
    User user = configured();
    assertEquals("accepted", check(user.api(), body()).text("key"));
    assertEquals(
        "accepted",
        check(user.api(), body().replace("/v1", "/other/path")).text("key"),
        "the path is not part of the origin");
    try (RawProvider other = RawProvider.start(request -> list())) {
      Reply moved = check(user.api(), body("baseUrl", other.url("/v1")));
      assertEquals(422, moved.status());
      assertEquals(List.of("/apiKey api_key_required"), moved.fieldErrors());
      Reply asAnthropic =
          check(
              user.api(),
              body("baseUrl", provider.url("")).replace("openai_compatible", "anthropic"));
      assertEquals(List.of("/apiKey api_key_required"), asAnthropic.fieldErrors());
      assertEquals(List.of(), other.requests());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"provider\":\"anthropic\",\"model\":\"m\",\"extra\":1}",
        "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":\"http://llm.example\"}",
        "{\"model\":\"m\",\"model\":\"m\"}"
      })
  void refusesTheBodiesThatPutRefuses(String body) {
    Api api = setup.newUser().api();
    Reply put = api.put(body);
    Reply checked = check(api, body);
    assertEquals(put.status(), checked.status());
    assertEquals(put.code(), checked.code());
    assertEquals(put.fieldErrors(), checked.fieldErrors());
  }

  @Test
  void anEmptyBodyOfAnyTypeIsNoBody() {
    assertEquals(
        "works", check(configured().api(), "", "Content-Type", "text/plain").text("verdict"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "HEAD"})
  void otherMethodsAreNotAllowed(String method) {
    Reply reply = setup.newUser().api().send(method, PATH, null);
    assertEquals(405, reply.status());
    assertEquals("POST", reply.header("allow"));
  }

  @Test
  void aKeyThatCannotBeOpenedIsNotTried() {
    User user = configured();
    user.edit("api_key_ciphertext = overlay(api_key_ciphertext PLACING 'deadbeef' FROM 4)");
    int requests = provider.requests().size();
    assertEquals(
        "{\"verdict\":\"fails\",\"reason\":\"key_unreadable\",\"key\":\"unjudged\","
            + "\"model\":\"unjudged\",\"models\":[]}",
        check(user.api(), null).body());
    assertEquals("key_unreadable", check(user.api(), body()).text("reason"));
    assertEquals(requests, provider.requests().size());
    assertEquals("works", check(user.api(), body("apiKey", KEY)).text("verdict"));
  }

  @Test
  void anAddressThatIsNotAllowedAnyMoreIsNotTried() {
    User user = configured();
    user.edit("base_url = 'https://169.254.169.254/v1'");
    assertEquals("address_not_allowed", check(user.api(), null).text("reason"));
  }

  @Test
  void aUserMayCheckTenTimesAMinuteAndGoOnWriting() {
    User user = configured();
    int checks = 0;
    Reply reply = check(user.api(), "{");
    while (reply.status() == 400 && checks < 50) {
      checks++;
      reply = check(user.api(), "{");
    }
    assertTrue(checks >= 10, checks + " checks");
    assertProblem(429, "rate_limited", reply);
    int seconds = Integer.parseInt(reply.header("retry-after"));
    assertTrue(seconds >= 1 && seconds <= 6, seconds + " s");
    assertEquals(200, user.api().put(body()).status());
    assertEquals(404, check(setup.newUser().api(), null).status(), "another user");
  }

  @Test
  void eightHangingChecksLeaveEverythingElseAsItWas() throws Exception {
    CountDownLatch arrived = new CountDownLatch(8);
    CountDownLatch released = new CountDownLatch(1);
    try (Setup busy = Setup.start();
        RawProvider hanging =
            RawProvider.start(
                ServerSocketFactory.getDefault(),
                (request, out) -> {
                  arrived.countDown();
                  released.await();
                });
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      User user = busy.newUser();
      String settings = body("baseUrl", hanging.url("/v1"), "apiKey", KEY);
      assertEquals(201, user.api().put(settings).status());
      for (int i = 0; i < 8; i++) {
        User checking = i < 2 ? user : busy.newUser();
        clients.execute(() -> check(checking.api(), settings));
      }
      assertTrue(arrived.await(20, TimeUnit.SECONDS));
      assertProblem(429, "rate_limited", check(busy.newUser().api(), settings));
      for (int i = 0; i < 50; i++) {
        assertEquals(200, user.api().get().status());
      }
      released.countDown();
    }
  }

  @Test
  void theAgentTriesInTheSameWay() {
    User user = configured();
    try (ConnectionCheck agent = new ConnectionCheck(setup.credentials(), SSLContext::getDefault)) {
      CheckResult result = agent.check(user.id());
      assertEquals(CheckResult.Verdict.WORKS, result.verdict());
      assertEquals(List.of("b", "m"), result.models());
    }
  }

  @Test
  void whatTheProviderSendsAndTheKeyStayInTheProcess() {
    try (LogCapture log = new LogCapture()) {
      User user = configured();
      StringBuilder seen = new StringBuilder();
      seen.append(check(user.api(), null))
          .append(check(user.api(), body("apiKey", "sk-wrong-key")));
      List<String> lines = log.linesWith("settings_checked");
      assertEquals(2, lines.size(), lines::toString);
      assertTrue(lines.getFirst().contains("verdict=works reason=-"), lines::toString);
      assertTrue(lines.getLast().contains("verdict=fails reason=key_refused"), lines::toString);
      assertTrue(lines.getFirst().contains("origin=" + provider.url("")), lines::toString);
      String metrics = setup.service().observe("/observe/metrics").body();
      assertTrue(
          metrics.contains("llm_connection_checks_total{reason=\"key_refused\",verdict=\"fails\"}"),
          metrics);
      seen.append(log.text()).append(metrics);
      for (String secret : List.of(KEY, "sk-wrong-key", SECRET_OF_THE_PROVIDER)) {
        assertFalse(seen.toString().contains(secret), secret);
      }
    }
  }
}
