package io.carol.llm.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.UserId;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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
  private static final String ALICE = token("alice");
  private static final String BOB = token("bob");
  private static final String COOKIE = "Cookie: carol_session=" + ALICE;
  private static final String HOST = "Host: carol.example:8443";

  private static WebServer server;
  private static WebServer serverWithoutKeys;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    Path jwks = Files.writeString(folder.resolve("jwks.json"), TestKey.keySet(KEY));
    server = server(jwks);
    serverWithoutKeys = server(folder.resolve("missing.json"));
    // The file is gone when the tests run: read it now.
    assertEquals("200 alice", get("Authorization: Bearer " + ALICE));
  }

  @AfterAll
  static void stop() {
    server.stop();
    serverWithoutKeys.stop();
  }

  private static WebServer server(Path jwks) {
    var verifier = new TokenVerifier(jwks.toString(), "issuer", "carol");
    var authentication = new Authentication(verifier, "carol_session");
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
                            .send(problem.type().code())))
        .build()
        .start();
  }

  private static String token(String subject) {
    long now = System.currentTimeMillis() / 1000;
    return KEY.token(Map.of("iss", "issuer", "aud", "carol", "sub", subject, "exp", now + 3600));
  }

  private static String get(String... headers) {
    return answer(server, "GET", "/who", headers);
  }

  private static String put(String... headers) {
    return answer(server, "PUT", "/who", headers);
  }

  /** Status and body. What is sent is exactly the given lines, plus an ordinary Host if none is. */
  private static String answer(WebServer server, String method, String target, String... headers) {
    boolean hosted = Stream.of(headers).anyMatch(header -> header.startsWith("Host:"));
    String request =
        Stream.of(
                Stream.of(method + " " + target + " HTTP/1.1"),
                hosted ? Stream.<String>of() : Stream.of(HOST),
                Stream.of(headers),
                Stream.of("Content-Length: 0", "", ""))
            .flatMap(lines -> lines)
            .collect(Collectors.joining("\r\n"));
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput();
      String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int body = response.indexOf("\r\n\r\n");
      assertTrue(body > 0, response);
      return response.substring(9, 12) + " " + response.substring(body + 4);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static final String UNAUTHENTICATED = "401 unauthenticated";
  private static final String FORBIDDEN = "403 forbidden";

  @Nested
  class BearerTokens {
    @ParameterizedTest
    @ValueSource(strings = {"Bearer ", "bearer ", "BEARER ", "bEaReR  ", "Bearer     "})
    void areAccepted(String scheme) {
      assertEquals("200 alice", get("Authorization: " + scheme + ALICE));
      assertEquals("200 alice", get("aUTHORIZATION:" + scheme + ALICE + " "));
      assertEquals("200 alice", put("Authorization: " + scheme + ALICE));
    }

    @Test
    void ofOtherFormsAreRefused() {
      for (String value :
          List.of(
              "",
              ALICE,
              "Bearer",
              "Bearer ",
              "Bearer" + ALICE,
              "Bearer\t" + ALICE,
              "Bearer: " + ALICE,
              "Bearer \"" + ALICE + "\"",
              "Bearer " + ALICE + " x",
              "Bearer " + ALICE + ",",
              "Bearer " + ALICE + ", Bearer " + ALICE,
              "Bearer " + ALICE + "=",
              "Bearer Bearer " + ALICE,
              "Basic YWxpY2U6c2VjcmV0",
              "Token " + ALICE,
              "DPoP " + ALICE,
              "NotBearer " + ALICE)) {
        assertEquals(UNAUTHENTICATED, get("Authorization: " + value), value);
      }
    }

    @Test
    void thatAreNotGoodAreRefused() {
      String other = TestKey.ec("ec").token(Map.of("iss", "issuer", "aud", "carol", "sub", "eve"));
      assertEquals(UNAUTHENTICATED, get("Authorization: Bearer " + other));
      assertEquals(UNAUTHENTICATED, get("Authorization: Bearer x"));
      assertEquals(UNAUTHENTICATED, get("Authorization: Bearer " + "x".repeat(9000)));
    }

    @Test
    void areAcceptedOnceOnly() {
      String header = "Authorization: Bearer " + ALICE;
      assertEquals(UNAUTHENTICATED, get(header, header));
      assertEquals(UNAUTHENTICATED, get(header, "Authorization: Bearer " + BOB));
      assertEquals(UNAUTHENTICATED, get("Authorization: Basic x", header));
      assertEquals(UNAUTHENTICATED, get(header, "authorization:"));
    }

    @Test
    void winOverTheCookieEvenWhenTheyAreNotGood() {
      assertEquals("200 bob", get("Authorization: Bearer " + BOB, COOKIE));
      assertEquals("200 bob", put("Authorization: Bearer " + BOB, COOKIE));
      assertEquals(UNAUTHENTICATED, get("Authorization: Bearer x", COOKIE));
      assertEquals(UNAUTHENTICATED, get("Authorization:", COOKIE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"access_token", "token", "carol_session", "Authorization"})
    void areNotTakenFromTheUrl(String name) {
      assertEquals(UNAUTHENTICATED, answer(server, "GET", "/who?" + name + "=" + ALICE));
      assertEquals(UNAUTHENTICATED, answer(server, "GET", "/who;" + name + "=" + ALICE));
    }

    @Test
    void cannotBeJudgedWithoutKeys() {
      assertEquals(
          "503 identity_provider_unavailable",
          answer(serverWithoutKeys, "GET", "/who", "Authorization: Bearer " + ALICE));
      assertEquals(UNAUTHENTICATED, answer(serverWithoutKeys, "GET", "/who"));
    }
  }

  @Nested
  class SessionCookies {
    @Test
    void areAcceptedAmongOthers() {
      assertEquals("200 alice", get(COOKIE));
      assertEquals("200 alice", get("Cookie: a=b; carol_session=" + ALICE + "; c=d"));
      assertEquals("200 alice", get("Cookie: a=b;carol_session=" + ALICE + ";"));
      assertEquals("200 alice", get("Cookie: a=b", COOKIE));
      assertEquals("200 alice", get("Cookie: a=\"; carol_session=" + ALICE + "; b=\""));
      assertEquals("200 alice", get("Cookie: xcarol_session=x; carol_session=" + ALICE));
      assertEquals("200 alice", get("Cookie: x=1,carol_session=x; carol_session=" + ALICE));
    }

    @Test
    void ofOtherNamesAndFormsAreRefused() {
      for (String cookie :
          List.of(
              "",
              "carol_session",
              "carol_session=",
              "carol_session=x",
              "Carol_Session=" + ALICE,
              "carol_session2=" + ALICE,
              "xcarol_session=" + ALICE,
              "carol_session =" + ALICE,
              "carol_session=\"" + ALICE + "\"",
              "a=b, carol_session=" + ALICE,
              "$Version=1, carol_session=" + ALICE)) {
        assertEquals(UNAUTHENTICATED, get("Cookie: " + cookie), cookie);
      }
    }

    @Test
    void areAcceptedOnceOnly() {
      String bob = "carol_session=" + BOB;
      assertEquals(UNAUTHENTICATED, get(COOKIE + "; " + bob));
      assertEquals(UNAUTHENTICATED, get(COOKIE, "Cookie: " + bob));
      assertEquals(UNAUTHENTICATED, get(COOKIE, COOKIE));
      assertEquals(UNAUTHENTICATED, get(COOKIE + "; carol_session="));
      // Quotes in a neighbour's cookies must not hide one of the two.
      assertEquals(UNAUTHENTICATED, get("Cookie: a=\"; carol_session=" + ALICE + "; b=\"; " + bob));
    }

    @Test
    void areNotTakenFromOtherHeaders() {
      assertEquals(UNAUTHENTICATED, get("Cookie2: carol_session=" + ALICE));
      assertEquals(UNAUTHENTICATED, get("carol_session: " + ALICE));
      assertEquals(UNAUTHENTICATED, get());
    }
  }

  @Nested
  class RequestsFromOtherSites {
    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "OPTIONS"})
    void mayRead(String method) {
      String answer =
          answer(
              server,
              method,
              "/who",
              COOKIE,
              "Origin: https://evil.example",
              "Sec-Fetch-Site: cross-site");
      assertTrue(answer.startsWith("200"), answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "POST", "PATCH", "PROPFIND"})
    void mayNotChange(String method) {
      assertEquals(FORBIDDEN, answer(server, method, "/who", COOKIE));
      assertEquals(
          FORBIDDEN, answer(server, method, "/who", COOKIE, "Origin: https://evil.example"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cross-site", "same-site", "none", "Same-Origin", "", "same-origin, x"})
    void areKnownByTheirSite(String site) {
      String header = "Sec-Fetch-Site: " + site;
      assertEquals(FORBIDDEN, put(COOKIE, header));
      assertEquals(FORBIDDEN, put(COOKIE, header, "Origin: https://carol.example:8443"));
      assertEquals(FORBIDDEN, put(COOKIE, header, "Sec-Fetch-Site: same-origin"));
    }

    @Test
    void areKnownByTheirOrigin() {
      for (String origin :
          List.of(
              "null",
              "",
              "https://evil.example",
              "https://carol.example",
              "https://carol.example:443",
              "https://carol.example:8444",
              "https://carol.example:84430",
              "https://carol.example:8443.evil.example",
              "https://carol.example:8443@evil.example",
              "https://evil.example@carol.example:8443",
              "https://sub.carol.example:8443",
              "https://carol.example.:8443",
              "https://carol.example:8443/",
              "https://carol.example:8443/path",
              "https://carol.example:8443 https://evil.example",
              "https://carol.example:8443, https://evil.example",
              "ftp://carol.example:8443",
              "carol.example:8443",
              "//carol.example:8443",
              "https:carol.example:8443")) {
        assertEquals(FORBIDDEN, put(COOKIE, "Origin: " + origin), origin);
        assertEquals(
            FORBIDDEN, put(COOKIE, "Origin: " + origin, "Sec-Fetch-Site: same-origin"), origin);
      }
    }

    @Test
    void areNotLetInByRepeatedHeaders() {
      String ours = "Origin: https://carol.example:8443";
      assertEquals(FORBIDDEN, put(COOKIE, ours, ours));
      assertEquals(FORBIDDEN, put(COOKIE, ours, "Origin: https://evil.example"));
      assertEquals(FORBIDDEN, put(COOKIE, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none"));
      String answer = put(COOKIE, "Host: evil.example", "Origin: https://evil.example", HOST);
      assertTrue(answer.startsWith("400") || answer.equals(FORBIDDEN), answer);
    }

    @Test
    void areNotLetInByForwardingHeaders() {
      assertEquals(
          FORBIDDEN,
          put(
              COOKIE,
              "Origin: https://evil.example",
              "X-Forwarded-Host: evil.example",
              "Forwarded: host=evil.example"));
    }
  }

  @Nested
  class RequestsFromThisSite {
    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "POST", "PATCH"})
    void mayChange(String method) {
      for (List<String> proof :
          List.of(
              List.of("Sec-Fetch-Site: same-origin"),
              List.of("Origin: https://carol.example:8443"),
              List.of("Origin: http://carol.example:8443"),
              List.of("Origin: HTTPS://Carol.Example:8443"),
              List.of("Origin: https://carol.example:8443", "Sec-Fetch-Site: same-origin"))) {
        String[] headers = Stream.concat(Stream.of(COOKIE), proof.stream()).toArray(String[]::new);
        assertEquals("200 alice", answer(server, method, "/who", headers), proof.toString());
      }
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
      "http://[::1]:8080,          [::1]:8080,         200 alice",
      "http://[::1],               [::1]:80,           200 alice",
      "http://[::1],               [::2],              403 forbidden",
      "http://127.0.0.1:8080,      localhost:8080,     403 forbidden",
    })
    void areKnownByHostAndPort(String origin, String host, String answer) {
      assertEquals(answer, put(COOKIE, "Host: " + host, "Origin: " + origin));
    }

    @Test
    void stillNeedAGoodToken() {
      assertEquals(UNAUTHENTICATED, put("Cookie: carol_session=x", "Sec-Fetch-Site: same-origin"));
      assertEquals(UNAUTHENTICATED, put("Sec-Fetch-Site: same-origin"));
    }
  }
}
