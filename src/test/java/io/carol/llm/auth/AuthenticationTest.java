package io.carol.llm.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.auth.UnauthenticatedException.Reason;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.RefusedToken;
import io.carol.llm.http.UserId;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Words;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthenticationTest {
  private static final TestKey KEY = TestKey.ec("ec");
  private static final String ALICE = token("alice", 3600);
  private static final String ALICE_LATER = token("alice", 7200);
  private static final String BOB = token("bob", 3600);
  private static final String EXPIRED = token("alice", -3600);
  private static final String COOKIE = "Cookie: carol_session=" + ALICE;
  private static final String HOST = "Host: carol.example:8443";

  private static final MeterRegistry METERS = new SimpleMeterRegistry();

  private static TokenVerifier verifier;
  private static TokenVerifier verifierWithoutKeys;
  private static WebServer server;
  private static WebServer serverWithHostCookie;
  private static WebServer serverWithoutKeys;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    Path jwks = Files.writeString(folder.resolve("jwks.json"), TestKey.keySet(KEY));
    verifier = new TokenVerifier(TestKey.trusting(jwks.toString(), "issuer", "carol"));
    String missing = folder.resolve("missing.json").toString();
    verifierWithoutKeys = new TokenVerifier(TestKey.trusting(missing, "issuer", "carol"));
    server = server(verifier, "carol_session");
    serverWithHostCookie = server(verifier, "__Host-session");
    serverWithoutKeys = server(verifierWithoutKeys, "carol_session");
    // The file is gone when the tests run: read it now.
    assertEquals("200 alice", get("Authorization: Bearer " + ALICE));
  }

  @AfterAll
  static void stop() {
    Stream.of(server, serverWithHostCookie, serverWithoutKeys).forEach(WebServer::stop);
    verifier.close();
    verifierWithoutKeys.close();
  }

  /** Answers the user's id, or the problem's code with the reason for the log or the detail. */
  private static WebServer server(TokenVerifier verifier, String cookieName) {
    var authentication = new Authentication(verifier, cookieName, METERS);
    return WebServer.builder()
        .port(0)
        .address(InetAddress.getLoopbackAddress())
        .routing(routing ->
            routing
                .any(
                    "/who",
                    authentication,
                    (request, response) ->
                        response.send(request.context().get(UserId.class).orElseThrow().value()))
                .error(
                    ProblemException.class,
                    (request, response, problem) ->
                        response
                            .status(Status.create(problem.type().status()))
                            .header("Detail", problem.detail())
                            .send(
                                request
                                    .context()
                                    .get(RefusedToken.class)
                                    .map(refused -> problem.type().code() + " " + refused.reason())
                                    .orElse(problem.type().code()))))
        .build()
        .start();
  }

  private static String token(String subject, long lifetimeSeconds) {
    long expiry = System.currentTimeMillis() / 1000 + lifetimeSeconds;
    return KEY.token(Map.of("iss", "issuer", "aud", "carol", "sub", subject, "exp", expiry));
  }

  private static String get(String... headers) {
    return answer(server, "GET", "/who", headers);
  }

  private static String put(String... headers) {
    return answer(server, "PUT", "/who", headers);
  }

  private static String answer(WebServer server, String method, String target, String... headers) {
    Reply reply = reply(server, method, target, headers);
    return reply.status() + " " + reply.body();
  }

  /** What is sent is exactly the given lines, plus an ordinary Host if none is. */
  private static Reply reply(WebServer server, String method, String target, String... headers) {
    boolean hosted = Stream.of(headers).anyMatch(header -> header.startsWith("Host:"));
    String request =
        Stream.of(
                Stream.of(method + " " + target + " HTTP/1.1"),
                hosted ? Stream.<String>of() : Stream.of(HOST),
                Stream.of(headers),
                Stream.of("Content-Length: 0", "", ""))
            .flatMap(lines -> lines)
            .collect(Collectors.joining("\r\n"));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        RawHttp raw = new RawHttp(socket)) {
      socket.setSoTimeout(10_000);
      raw.send(new String(request.getBytes(UTF_8), ISO_8859_1));
      return method.equals("HEAD") ? raw.readHead() : raw.read();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String refused(String reason) {
    return "401 unauthenticated " + reason;
  }

  private static final String FORBIDDEN = "403 forbidden";

  @Nested
  class BearerTokens {
    @ParameterizedTest
    @ValueSource(strings = {"Bearer ", "bearer ", "bEaReR  "})
    void aBearerTokenIsAccepted(String scheme) {
      assertEquals("200 alice", get("Authorization: " + scheme + ALICE));
      assertEquals("200 alice", get("aUTHORIZATION:" + scheme + ALICE + " "));
      assertEquals("200 alice", put("Authorization: " + scheme + ALICE));
    }

    @Test
    void anEmptyOrMalformedBearerTokenIsRefused() {
      for (String value :
          List.of(
              "Bearer",
              "Bearer\t" + ALICE,
              "Bearer: " + ALICE,
              "Bearer \"" + ALICE + "\"",
              "Bearer " + ALICE + ", Bearer " + ALICE,
              "Bearer Bearer " + ALICE,
              "Bearer " + "x".repeat(9000))) {
        assertEquals(refused("malformed"), get("Authorization: " + value), value);
        assertEquals(refused("malformed"), get("Authorization: " + value, COOKIE), value);
      }
    }

    @Test
    void aTokenOfAnotherSchemeIsNoToken() {
      for (String value :
          List.of(
              ALICE,
              "Bearer" + ALICE,
              "Basic YWxpY2U6c2VjcmV0, Bearer " + ALICE,
              "NotBearer " + ALICE,
              "Bearer-Token " + ALICE)) {
        assertEquals(refused("no_token"), get("Authorization: " + value), value);
      }
    }

    @Test
    void twoAuthorizationHeadersWithABearerTokenAreRefused() {
      String header = "Authorization: Bearer " + ALICE;
      for (String second :
          List.of(
              header, "Authorization: Bearer " + BOB, "Authorization: Basic x", "authorization:")) {
        assertEquals(refused("several_tokens"), get(header, second), second);
        assertEquals(refused("several_tokens"), get(second, header, COOKIE), second);
      }
    }

    @Test
    void aBearerTokenCountsInsteadOfTheCookie() {
      assertEquals("200 bob", get("Authorization: Bearer " + BOB, COOKIE));
      assertEquals("200 bob", put("Authorization: Bearer " + BOB, COOKIE));
      assertEquals(refused("expired"), get("Authorization: Bearer " + EXPIRED, COOKIE));
    }

    @Test
    void aTokenInTheUrlIsIgnored() {
      assertEquals(refused("no_token"), answer(server, "GET", "/who?access_token=" + ALICE));
    }

    @Test
    void withoutKeysATokenCanNotBeJudged() {
      String unavailable = "503 identity_provider_unavailable";
      String bearer = "Authorization: Bearer " + ALICE;
      assertEquals(unavailable, answer(serverWithoutKeys, "GET", "/who", bearer));
      assertEquals(unavailable, answer(serverWithoutKeys, "GET", "/who", COOKIE));
      assertEquals(refused("no_token"), answer(serverWithoutKeys, "GET", "/who"));
    }
  }

  @Nested
  class RefusedTokens {
    @Test
    void refusedTokensAreCountedByReason() {
      double before = count("audience");
      String other =
          KEY.token(Map.of("iss", "issuer", "aud", "account", "sub", "a", "exp", 1L << 33));
      assertEquals(refused("audience"), get("Authorization: Bearer " + other));
      assertEquals(refused("audience"), get("Cookie: carol_session=" + other));
      assertEquals(before + 2, count("audience"));
    }

    private double count(String reason) {
      return METERS.get("http.tokens.refused").tag("reason", reason).counter().count();
    }

    @Test
    void everyReasonIsMeasuredFromTheStart() {
      for (Reason reason : Reason.values()) {
        assertTrue(count(reason.code()) >= 0);
      }
    }

    @Test
    void theAgeOfTheKeySetIsMeasured() {
      double age = METERS.get("identity.provider.keys.age").gauge().value();
      assertTrue(age >= 0 && age < 600, () -> age + " s");
    }

    @Test
    void theClientIsNotToldTheReason() {
      Reply expired = reply(server, "GET", "/who", "Authorization: Bearer " + EXPIRED);
      Reply none = reply(server, "GET", "/who");
      assertFalse(none.header("detail").isEmpty());
      assertEquals(none.header("detail"), expired.header("detail"));
    }

    @Test
    void anAcceptedTokenIsNotRegisteredAsRefused() {
      String cookies = "Cookie: carol_session=" + EXPIRED + "; carol_session=" + ALICE;
      double before = count("expired");
      assertEquals("200 alice", get(cookies));
      assertEquals(before, count("expired"));
    }
  }

  @Nested
  class SessionCookies {
    @Test
    void theSessionCookieIsFoundAmongOthers() {
      assertEquals("200 alice", get(COOKIE));
      assertEquals("200 alice", get("Cookie: a=b; carol_session=" + ALICE + "; c=d"));
      assertEquals("200 alice", get("Cookie: a=b;carol_session=" + ALICE + ";"));
      assertEquals("200 alice", get("Cookie: a=b", COOKIE));
      assertEquals("200 alice", get("Cookie: a=\"; carol_session=" + ALICE + "; b=\""));
      assertEquals("200 alice", get("Cookie: xcarol_session=x; carol_session=" + ALICE));
      assertEquals("200 alice", get("Cookie: x=1,carol_session=x; carol_session=" + ALICE));
    }

    @Test
    void aCookieOfAnotherNameOrFormIsRefused() {
      for (String cookie :
          List.of(
              "carol_session",
              "carol_session=",
              "Carol_Session=" + ALICE,
              "carol_session2=" + ALICE,
              "xcarol_session=" + ALICE,
              "carol_session =" + ALICE,
              "carol_session=\"" + ALICE + "\"",
              "a=b, carol_session=" + ALICE)) {
        String answer = get("Cookie: " + cookie);
        assertTrue(answer.startsWith("401 unauthenticated "), () -> cookie + ": " + answer);
      }
    }

    @Test
    void ofSeveralSessionCookiesTheOneThatVerifiesCounts() {
      for (String other : List.of("", "x", EXPIRED, "\"" + ALICE + "\"", ALICE)) {
        String cookie = "carol_session=" + other;
        assertEquals("200 alice", get("Cookie: " + cookie + "; carol_session=" + ALICE), other);
        assertEquals("200 alice", get(COOKIE + "; " + cookie), other);
        assertEquals("200 alice", get(COOKIE, "Cookie: " + cookie), other);
        assertEquals(
            "200 alice", put(COOKIE, "Cookie: " + cookie, "Sec-Fetch-Site: same-origin"), other);
      }
    }

    @Test
    void twoSessionCookiesOfOneUserThatVerifyAreThatUsers() {
      String newer = "carol_session=" + ALICE_LATER;
      assertEquals("200 alice", get(COOKIE + "; " + newer));
      assertEquals("200 alice", get(COOKIE, "Cookie: " + newer));
    }

    @Test
    void sessionCookiesOfTwoUsersThatVerifyAreRefused() {
      String bob = "carol_session=" + BOB;
      assertEquals(refused("several_tokens"), get(COOKIE + "; " + bob));
      assertEquals(refused("several_tokens"), get(COOKIE, "Cookie: " + bob));
      // A quote in another cookie must not hide one of the two.
      assertEquals(
          refused("several_tokens"),
          get("Cookie: a=\"; carol_session=" + ALICE + "; b=\"; " + bob));
    }

    @Test
    void moreThan8DifferentSessionCookiesAreRefused() {
      String others =
          IntStream.range(0, 7)
              .mapToObj(number -> "; carol_session=" + number)
              .collect(Collectors.joining());
      assertEquals("200 alice", get(COOKIE + others));
      assertEquals(refused("several_tokens"), get(COOKIE + others + "; carol_session=7"));
    }

    @Test
    void ofSeveralSessionCookiesWithoutAGoodOneTheLastReasonIsKept() {
      assertEquals(refused("expired"), get("Cookie: carol_session=x; carol_session=" + EXPIRED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Basic YWxpY2U6c2VjcmV0"})
    void anAuthorizationOfAnotherSchemeDoesNotHideTheCookie(String value) {
      assertEquals("200 alice", get("Authorization: " + value, COOKIE));
      assertEquals(FORBIDDEN, put("Authorization: " + value, COOKIE));
    }

    @Test
    void aCookieInAnotherHeaderIsIgnored() {
      assertEquals(refused("no_token"), get("Cookie2: carol_session=" + ALICE));
      assertEquals(refused("no_token"), get("carol_session: " + ALICE));
      assertEquals(refused("no_token"), get());
    }
  }

  @Nested
  class RequestsFromOtherSites {
    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS"})
    void anotherSiteMayRead(String method) {
      String[] headers = {COOKIE, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"};
      String answer = answer(server, method, "/who", headers);
      assertTrue(answer.startsWith("200"), answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "POST", "PATCH", "PROPFIND"})
    void anotherSiteMayNotChange(String method) {
      assertEquals(FORBIDDEN, answer(server, method, "/who", COOKIE));
      assertEquals(
          FORBIDDEN, answer(server, method, "/who", COOKIE, "Origin: https://evil.example"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cross-site", "same-site", "none", "Same-Origin", "", "same-origin, x"})
    void anotherSiteIsKnownBySecFetchSite(String site) {
      String header = "Sec-Fetch-Site: " + site;
      assertEquals(FORBIDDEN, put(COOKIE, header));
      assertEquals(FORBIDDEN, put(COOKIE, header, "Origin: https://carol.example:8443"));
      assertEquals(FORBIDDEN, put(COOKIE, header, "Sec-Fetch-Site: same-origin"));
    }

    @ParameterizedTest
    @Words(
        """
        null https://evil.example https://carol.example https://carol.example:443
        https://carol.example:8444 https://carol.example:84430
        https://carol.example:8443.evil.example https://carol.example:8443@evil.example
        https://evil.example@carol.example:8443 https://sub.carol.example:8443
        https://carol.example.:8443 https://carol.example:8443/ ftp://carol.example:8443
        carol.example:8443 //carol.example:8443
        """)
    @ValueSource(strings = {"", "https://carol.example:8443 https://evil.example"})
    void anotherSiteIsKnownByItsOrigin(String origin) {
      assertEquals(FORBIDDEN, put(COOKIE, "Origin: " + origin));
      assertEquals(FORBIDDEN, put(COOKIE, "Origin: " + origin, "Sec-Fetch-Site: same-origin"));
    }

    @Test
    void repeatedHeadersDoNotLetAnotherSiteIn() {
      String ours = "Origin: https://carol.example:8443";
      assertEquals(FORBIDDEN, put(COOKIE, ours, ours));
      assertEquals(FORBIDDEN, put(COOKIE, ours, "Origin: https://evil.example"));
      assertEquals(FORBIDDEN, put(COOKIE, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none"));
      String answer = put(COOKIE, "Host: evil.example", "Origin: https://evil.example", HOST);
      assertTrue(answer.startsWith("400") || answer.equals(FORBIDDEN), answer);
    }

    @Test
    void forwardingHeadersDoNotLetAnotherSiteIn() {
      String evil = "Origin: https://evil.example";
      assertEquals(FORBIDDEN, put(COOKIE, evil, "X-Forwarded-Host: evil.example"));
      assertEquals(FORBIDDEN, put(COOKIE, evil, "Forwarded: host=evil.example"));
    }

    @Test
    void theHttpPageOfThisHostIsAnotherSiteWhenTheRequestCameByHttps() {
      String http = "Origin: http://carol.example:8443";
      for (String forwarded :
          List.of(
              "X-Forwarded-Proto: https",
              "X-Forwarded-Proto: HTTPS",
              "X-Forwarded-Proto: https, http",
              "Forwarded: proto=\"https\";host=carol.example")) {
        assertEquals(FORBIDDEN, put(COOKIE, http, forwarded), forwarded);
        assertEquals(FORBIDDEN, put(COOKIE, http, "X-Forwarded-Proto: http", forwarded), forwarded);
        assertEquals(
            "200 alice", put(COOKIE, "Origin: https://carol.example:8443", forwarded), forwarded);
      }
    }

    @Test
    void theHttpPageOfThisHostIsAnotherSiteWhenTheCookieIsForHttpsOnly() {
      WebServer server = serverWithHostCookie;
      String cookie = "Cookie: __Host-session=" + ALICE;
      String http = "Origin: http://carol.example:8443";
      String https = "Origin: https://carol.example:8443";
      assertEquals(FORBIDDEN, answer(server, "PUT", "/who", cookie, http));
      assertEquals("200 alice", answer(server, "PUT", "/who", cookie, https));
    }

    @Test
    void aBearerTokenNeedsNoOrigin() {
      String bearer = "Authorization: Bearer " + ALICE;
      String evil = "Origin: https://evil.example";
      assertEquals("200 alice", put(bearer, evil, "Sec-Fetch-Site: cross-site"));
    }

    @Test
    void theProblemNamesHostAndOriginAsTheyArrived() {
      String[] headers = {COOKIE, "Host: settings:8080", "Origin: https://carol.example"};
      String problem = reply(server, "PUT", "/who", headers).header("detail");
      assertTrue(problem.contains("Host \"settings:8080\""), problem);
      assertTrue(problem.contains("Origin \"https://carol.example\""), problem);
      assertTrue(problem.contains("proxy_set_header Host $http_host;"), problem);
      assertTrue(reply(server, "PUT", "/who", COOKIE).header("detail").contains("Origin (none)"));
    }

    @Test
    void theProblemShowsPrintableAsciiOnlyAndAtMost100CharactersOfEach() {
      String origin = "https://" + "\u00fc\u202e".repeat(3) + "x".repeat(500);
      String problem = reply(server, "PUT", "/who", COOKIE, "Origin: " + origin).header("detail");
      assertTrue(problem.contains("\"https://??"), problem);
      assertTrue(problem.chars().allMatch(c -> c >= ' ' && c <= '~'), problem);
      assertFalse(problem.contains("x".repeat(101)), problem);
    }
  }

  @Nested
  class RequestsFromThisSite {
    @Test
    void aPageOfThisSiteMayChange() {
      String site = "Sec-Fetch-Site: same-origin";
      String http = "Origin: http://carol.example:8443";
      String https = "Origin: https://carol.example:8443";
      assertEquals("200 alice", answer(server, "DELETE", "/who", COOKIE, site));
      assertEquals("200 alice", put(COOKIE, https));
      assertEquals("200 alice", put(COOKIE, http));
      assertEquals("200 alice", put(COOKIE, http, "X-Forwarded-Proto: http"));
      assertEquals("200 alice", put(COOKIE, "Origin: HTTPS://Carol.Example:8443"));
      assertEquals("200 alice", put(COOKIE, https, site));
      assertEquals("200 alice", put(COOKIE, http, site));
    }

    /** A development proxy may say https of a page that the browser opened by http. */
    @Test
    void aBrowserThatSaysSameOriginIsBelievedBeforeAForwardingHeader() {
      String http = "Origin: http://carol.example:8443";
      String site = "Sec-Fetch-Site: same-origin";
      assertEquals("200 alice", put(COOKIE, http, site, "X-Forwarded-Proto: https"));
    }

    @ParameterizedTest
    @CsvSource({
      "https://carol.example,      carol.example,      200 alice",
      "https://carol.example,      carol.example:443,  200 alice",
      "https://carol.example:443,  carol.example,      200 alice",
      "https://carol.example,      carol.example:80,   403 forbidden",
      "http://carol.example,       carol.example,      200 alice",
      "http://carol.example,       carol.example:80,   200 alice",
      "http://carol.example,       carol.example:443,  403 forbidden",
      "http://carol.example:8080,  carol.example:80,   403 forbidden",
      "http://localhost:8080,      localhost:8080,     200 alice",
      "http://[::1]:8080,          [::1]:8080,         200 alice",
      "http://[::1],               [::1]:80,           200 alice",
      "http://[::1],               [::2],              403 forbidden",
      "http://127.0.0.1:8080,      localhost:8080,     403 forbidden",
    })
    void thisSiteIsKnownByHostAndPort(String origin, String host, String answer) {
      assertEquals(answer, put(COOKIE, "Host: " + host, "Origin: " + origin));
    }

    @Test
    void aPageOfThisSiteStillNeedsAGoodToken() {
      assertEquals(
          refused("malformed"), put("Cookie: carol_session=x", "Sec-Fetch-Site: same-origin"));
      assertEquals(refused("no_token"), put("Sec-Fetch-Site: same-origin"));
    }
  }
}
