package io.carol.llm.auth;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetRetrievalException;
import io.carol.llm.config.AuthConfig;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.testing.Command;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Ports;
import io.carol.llm.testing.TestCertificate;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import io.carol.llm.testing.Words;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the identity provider's key set is found, read, kept and read again. */
class KeySetTest {
  private static final TestKey OLD = TestKey.ec("old");
  private static final TestKey NEW = TestKey.ec("new");
  private static final String ISSUER = "https://id.example.org/";

  /** The set is read again after a second, and at most twice in 33 ms. */
  private static final Duration SOON = Duration.ofSeconds(1);

  /** The set is not read again by itself while a test runs, and at most twice. */
  private static final Duration NEVER = Duration.ofHours(1);

  private final List<TokenVerifier> open = new ArrayList<>();

  @AfterEach
  void closeVerifiers() {
    open.forEach(TokenVerifier::close);
  }

  private TokenVerifier verifier(String location, Duration refreshAfter) {
    return verifier(TestKey.trusting(location, ISSUER, "carol"), refreshAfter);
  }

  private TokenVerifier verifier(AuthConfig config, Duration refreshAfter) {
    TokenVerifier verifier = new TokenVerifier(config, Clock.systemUTC(), refreshAfter);
    open.add(verifier);
    return verifier;
  }

  private static AuthConfig discovering(String issuer) {
    return new AuthConfig(issuer, "carol", Optional.empty(), Optional.empty(), "carol_session");
  }

  private static String token(TestKey key, String issuer) {
    long expiry = System.currentTimeMillis() / 1000 + 3600;
    return key.token(Map.of("iss", issuer, "aud", "carol", "sub", "alice", "exp", expiry));
  }

  /** What a token signed with this key leads to: its user, or why it is refused. */
  private static String answer(TokenVerifier verifier, TestKey key) {
    return answer(verifier, token(key, ISSUER));
  }

  private static String answer(TokenVerifier verifier, String token) {
    try {
      return verifier.userId(token);
    } catch (UnauthenticatedException e) {
      return e.reason().code();
    } catch (ProblemException e) {
      assertEquals(ProblemType.IDENTITY_PROVIDER_UNAVAILABLE, e.type());
      return "unavailable";
    }
  }

  private static void awaitAnswer(String answer, TokenVerifier verifier, TestKey key) {
    TestService.await("the answer is " + answer, () -> answer(verifier, key).equals(answer));
  }

  @Nested
  class Start {
    @Test
    void theKeySetIsReadWithoutAnyToken() {
      try (var server = new KeySetServer(TestKey.keySet(OLD));
          var log = new LogCapture()) {
        TokenVerifier verifier = verifier(server.url(), NEVER);
        TestService.await("the key set is read", verifier::ready);
        double age = verifier.keySetAgeSeconds();
        assertTrue(age >= 0 && age < 60, () -> age + " s");
        assertEquals("alice", answer(verifier, OLD));
        assertEquals(1, server.requests());
        assertEquals(1, log.linesWith("at " + server.url() + "; number of keys: 1").size());
      }
    }

    @Test
    void aProviderThatIsDownIsTriedAgainUntilItAnswers() {
      int port = Ports.free();
      try (var log = new LogCapture()) {
        TokenVerifier verifier = verifier("http://localhost:" + port + "/jwks", SOON);
        assertEquals("unavailable", answer(verifier, OLD));
        assertFalse(verifier.ready());
        assertTrue(Double.isNaN(verifier.keySetAgeSeconds()));
        List<String> lines = log.linesWith("cannot be read");
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.getFirst().contains("http://localhost:" + port + "/jwks"));
        assertTrue(lines.getFirst().contains("Connection refused"));
        assertTrue(lines.getFirst().contains("Check CAROL_AUTH_ISSUER, CAROL_AUTH_JWKS"));
        try (var _ = new KeySetServer(port, TestKey.keySet(OLD))) {
          TestService.await("the key set is read", verifier::ready);
          assertEquals("alice", answer(verifier, OLD));
          assertEquals(1, log.linesWith("Read the key set of the identity provider").size());
        }
      }
    }
  }

  @Nested
  class Discovery {
    @TempDir private Path folder;

    private String document(String issuer, String keySet) {
      return TestKey.json(Map.of("issuer", issuer, "jwks_uri", keySet));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/realms/carol/"})
    void theKeySetIsFoundFromAnIssuerWithAndWithoutASlash(String path) {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        String issuer = server.issuer() + path;
        server.discovery(KeySetServer.text(200, document(issuer, server.url())));
        TokenVerifier verifier = verifier(discovering(issuer), NEVER);
        assertEquals("alice", answer(verifier, token(OLD, issuer)));
        assertTrue(verifier.ready());
      }
    }

    @Test
    void aDocumentOfAnotherIssuerIsRefusedAndTheLogNamesBoth() {
      try (var server = new KeySetServer(TestKey.keySet(OLD));
          var log = new LogCapture()) {
        String issuer = server.issuer();
        server.discovery(KeySetServer.text(200, document(issuer + "/", server.url())));
        TokenVerifier verifier = verifier(discovering(issuer), NEVER);
        assertEquals("unavailable", answer(verifier, token(OLD, issuer)));
        assertFalse(verifier.ready());
        assertEquals(0, server.requests());
        String line = log.linesWith("cannot be read").getFirst();
        assertTrue(line.contains("CAROL_AUTH_ISSUER is " + issuer + ","), line);
        assertTrue(line.contains("names the issuer " + issuer + "/"), line);
      }
    }

    @Test
    void aDocumentThatDoesNotNameAKeySetIsRefused() throws IOException {
      Path file = Files.writeString(folder.resolve("jwks.json"), TestKey.keySet(OLD));
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        String issuer = server.issuer();
        for (String document :
            List.of(
                "null",
                "[]",
                "<html>",
                TestKey.json(Map.of("issuer", issuer)),
                TestKey.json(Map.of("issuer", issuer, "jwks_uri", 7)),
                document(issuer, "/jwks"),
                document(issuer, file.toUri().toString()),
                document(issuer, server.url()) + "x")) {
          server.discovery(KeySetServer.text(200, document));
          TokenVerifier verifier = verifier(discovering(issuer), NEVER);
          assertEquals("unavailable", answer(verifier, token(OLD, issuer)), document);
        }
        assertEquals(0, server.requests());
      }
    }

    @Test
    void aRealmOrKeySetThatIsNotThereIsLoggedAsTheAnswerOfTheProvider() {
      try (var server = new KeySetServer("");
          var log = new LogCapture()) {
        server.answer(KeySetServer.text(404, "not here"));
        String issuer = server.issuer() + "/realms/home";
        assertEquals(
            "unavailable", answer(verifier(discovering(issuer), NEVER), token(OLD, issuer)));
        assertEquals("unavailable", answer(verifier(server.url(), NEVER), OLD));
        for (String url :
            List.of(issuer + "/.well-known/openid-configuration", server.url() + ":")) {
          String line = log.linesWith("answered 404 or 410 for " + url).getFirst();
          assertTrue(line.contains("check the realm and the path"), line);
          assertFalse(line.contains("FileNotFound"), line);
        }
      }
    }

    @Test
    void aKeySetThatMovesIsFollowed() {
      try (var first = new KeySetServer(TestKey.keySet(OLD));
          var second = new KeySetServer(TestKey.keySet(NEW))) {
        String issuer = first.issuer();
        first.discovery(KeySetServer.text(200, document(issuer, first.url())));
        TokenVerifier verifier = verifier(discovering(issuer), NEVER);
        assertEquals("alice", answer(verifier, token(OLD, issuer)));
        first.discovery(KeySetServer.text(200, document(issuer, second.url())));
        assertEquals("alice", answer(verifier, token(NEW, issuer)));
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "carol",
          "https://",
          "ftp://id.example.org",
          "localhost:18080/realms/home",
          "https://id.example/realms/my realm",
          "https://user:hunter2@id.example/realms/home"
        })
    void anIssuerThatIsNoAddressNeedsAKeySet(String issuer) {
      var e =
          assertThrows(ConfigurationException.class, () -> verifier(discovering(issuer), NEVER));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.startsWith("CAROL_AUTH_ISSUER must be an https:// or http:// address"));
      assertTrue(message.contains("CAROL_AUTH_JWKS"), message);
      assertFalse(message.contains("hunter2"), message);
    }
  }

  @Nested
  class Rotation {
    @Test
    void aNewKeyIsFoundByItsFirstUse() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        TokenVerifier verifier = verifier(server.url(), NEVER);
        assertEquals("alice", answer(verifier, OLD));
        server.answer(KeySetServer.text(200, TestKey.keySet(OLD, NEW)));
        assertEquals("alice", answer(verifier, NEW));
        assertEquals("alice", answer(verifier, OLD));
        assertEquals(2, server.requests());
      }
    }

    @Test
    void aNewKeyIsFoundAfterTheRateLimit() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        TokenVerifier verifier = verifier(server.url(), Duration.ofSeconds(30));
        assertEquals("unknown_key", answer(verifier, NEW));
        server.answer(KeySetServer.text(200, TestKey.keySet(NEW)));
        awaitAnswer("alice", verifier, NEW);
      }
    }

    @Test
    void theKeySetIsReadAgainWithoutAnyToken() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        verifier(server.url(), SOON);
        TestService.await("the key set is read three times", () -> server.requests() >= 3);
      }
    }
  }

  @Nested
  class Storms {
    @Test
    void tokensWithUnknownKeysReadTheSetTwiceOnly() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        TokenVerifier verifier = verifier(server.url(), NEVER);
        assertEquals("alice", answer(verifier, OLD));
        String token = token(NEW, ISSUER);
        List<String> answers = Together.run(1000, i -> answer(verifier, token));
        assertEquals(Set.of("unknown_key"), Set.copyOf(answers));
        assertEquals("alice", answer(verifier, OLD));
        assertTrue(server.requests() <= 2, () -> server.requests() + " requests");
      }
    }

    @Test
    void knownKeysStayInUseWhenTheProviderFailsDuringAStorm() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        TokenVerifier verifier = verifier(server.url(), NEVER);
        assertEquals("alice", answer(verifier, OLD));
        server.answer(KeySetServer.text(503, "busy"));
        for (int i = 0; i < 100; i++) {
          assertEquals("unknown_key", answer(verifier, NEW));
          assertEquals("alice", answer(verifier, OLD));
        }
        // One reading is left, which is tried twice.
        assertEquals(3, server.requests());
      }
    }

    @Test
    void readingFromAProviderThatIsDownFromTheStartIsLimitedToo() {
      try (var server = new KeySetServer("")) {
        server.answer(KeySetServer.text(503, "busy"));
        TokenVerifier verifier = verifier(server.url(), NEVER);
        for (int i = 0; i < 100; i++) {
          assertEquals("unavailable", answer(verifier, OLD));
        }
        assertEquals(4, server.requests());
      }
    }
  }

  @Nested
  class Outages {
    @Test
    void anOutageOfOneRequestIsBridgedByARetry() {
      try (var server = new KeySetServer("")) {
        server.answer(exchange -> {
          server.answer(KeySetServer.text(200, TestKey.keySet(OLD)));
          KeySetServer.text(503, "busy").send(exchange);
        });
        assertEquals("alice", answer(verifier(server.url(), NEVER), OLD));
      }
    }

    @Test
    void knownKeysStayInUseWhateverTheProviderAnswers() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        TokenVerifier verifier = verifier(server.url(), SOON);
        assertEquals("alice", answer(verifier, OLD));
        List<KeySetServer.Answer> mishaps =
            List.of(
                KeySetServer.nothing(),
                KeySetServer.text(500, "{\"keys\":[]}"),
                KeySetServer.text(200, ""),
                KeySetServer.text(200, "null"),
                KeySetServer.text(200, "{}"),
                KeySetServer.text(200, "{\"keys\":{}}"),
                KeySetServer.text(200, "{\"keys\":[null]}"),
                KeySetServer.text(200, "{\"keys\":[{\"kty\":\"EC\"},7]}"),
                KeySetServer.text(200, "[".repeat(100_000)),
                KeySetServer.text(200, TestKey.keySet(NEW) + " ".repeat(256 * 1024)));
        for (KeySetServer.Answer mishap : mishaps) {
          int before = server.requests();
          server.answer(mishap);
          TestService.await(
              "the set is asked for twice more",
              () -> {
                assertEquals("alice", answer(verifier, OLD));
                assertEquals("unknown_key", answer(verifier, NEW));
                return server.requests() >= before + 2;
              });
        }
        server.answer(KeySetServer.text(200, TestKey.keySet(NEW)));
        awaitAnswer("alice", verifier, NEW);
      }
    }

    @Test
    void aProviderThatFallsSilentDoesNotHoldUpKnownKeys() throws Exception {
      var asked = new CountDownLatch(1);
      var silence = new CountDownLatch(1);
      try (var server = new KeySetServer(TestKey.keySet(OLD));
          var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        TokenVerifier verifier = verifier(server.url(), NEVER);
        assertEquals("alice", answer(verifier, OLD));
        server.answer(exchange -> {
          asked.countDown();
          try {
            silence.await(30, SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
        Future<String> unknown = threads.submit(() -> answer(verifier, NEW));
        assertTrue(asked.await(30, SECONDS));
        assertEquals("alice", answer(verifier, OLD));
        assertFalse(unknown.isDone());
        assertEquals("unknown_key", unknown.get(30, SECONDS));
        silence.countDown();
      }
    }

    /**
     * The pipe stands for a lookup of a name that hangs: nothing writes to it, and no interrupt
     * ends its opening.
     */
    @Test
    void aReadingThatCannotBeInterruptedIsGivenUp(@TempDir Path folder) throws Exception {
      Path pipe = folder.resolve("jwks.json");
      Command.run("mkfifo", pipe.toString()).output();
      try {
        var reader = new KeySetReader(TestKey.trusting(pipe.toString(), ISSUER, "carol"));
        var failure =
            assertTimeoutPreemptively(
                Duration.ofSeconds(30),
                () ->
                    assertThrows(
                        JWKSetRetrievalException.class,
                        () -> reader.getJWKSet(JWKSetCacheRefreshEvaluator.noRefresh(), 0, null)));
        assertTrue(String.valueOf(failure.getCause()).contains("within 5 s"), failure::toString);
      } finally {
        // Both ends at once, which lets the reading thread end.
        new RandomAccessFile(pipe.toFile(), "rw").close();
      }
    }

    /** Each byte comes in time, and the last one never would. */
    @Test
    void aProviderThatSendsByteAfterByteIsGivenUpAndAskedAgain() {
      var end = new CountDownLatch(1);
      try (var server = new KeySetServer("")) {
        server.answer(exchange -> {
          server.answer(KeySetServer.text(200, TestKey.keySet(OLD)));
          exchange.sendResponseHeaders(200, 0);
          try {
            while (!end.await(100, MILLISECONDS)) {
              exchange.getResponseBody().write(' ');
              exchange.getResponseBody().flush();
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
        awaitAnswer("alice", verifier(server.url(), NEVER), OLD);
        end.countDown();
      }
    }
  }

  @Nested
  class Redirects {
    @TempDir private Path folder;

    @Test
    void aRedirectToHttpIsFollowed() {
      try (var target = new KeySetServer(TestKey.keySet(OLD));
          var server = new KeySetServer("")) {
        server.answer(KeySetServer.redirect(target.url()));
        assertEquals("alice", answer(verifier(server.url(), NEVER), OLD));
      }
    }

    @Test
    void aRedirectToAFileIsNotFollowed() throws IOException {
      Path file = Files.writeString(folder.resolve("jwks.json"), TestKey.keySet(OLD));
      try (var server = new KeySetServer("")) {
        server.answer(KeySetServer.redirect(file.toUri().toString()));
        assertEquals("unavailable", answer(verifier(server.url(), NEVER), OLD));
      }
    }
  }

  @Nested
  class KeySetFiles {
    @TempDir private Path folder;

    @Test
    void aFileThatIsMissingOrHalfWrittenAtFirstIsReadOnceItIsWholeAndAgainOnceItIsReplaced()
        throws IOException {
      Path file = folder.resolve("jwks.json");
      TokenVerifier verifier = verifier(file.toString(), SOON);
      assertEquals("unavailable", answer(verifier, OLD));
      String keySet = TestKey.keySet(OLD);
      try (var log = new LogCapture()) {
        Files.writeString(file, keySet.substring(0, keySet.length() / 2));
        TestService.await(
            "the half is read",
            () ->
                answer(verifier, OLD).equals("unavailable")
                    && log.text().contains("ParseException"));
      }
      Files.writeString(file, keySet);
      awaitAnswer("alice", verifier, OLD);
      Path next = Files.writeString(folder.resolve("next.json"), TestKey.keySet(NEW));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      awaitAnswer("alice", verifier, NEW);
    }

    @Test
    void knownKeysStayInUseWhenTheFileIsDamagedOrGone() throws IOException {
      Path file = Files.writeString(folder.resolve("jwks.json"), TestKey.keySet(OLD));
      TokenVerifier verifier = verifier(file.toString(), SOON);
      assertEquals("alice", answer(verifier, OLD));
      String next = TestKey.keySet(OLD, NEW);
      try (var log = new LogCapture()) {
        Files.writeString(file, next.substring(0, next.length() / 2));
        TestService.await("the damage is seen", () -> log.text().contains("cannot be read"));
        assertEquals("alice", answer(verifier, OLD));
        assertEquals("unknown_key", answer(verifier, NEW));
        Files.delete(file);
        TestService.await("the absence is seen", () -> log.text().contains("FileNotFound"));
        assertEquals("alice", answer(verifier, OLD));
      }
      Files.writeString(file, next);
      awaitAnswer("alice", verifier, NEW);
    }

    @Test
    void aFileThatIsTooLargeIsRefusedAndSoIsAFolder() throws IOException {
      Path file = folder.resolve("jwks.json");
      Files.writeString(file, TestKey.keySet(OLD) + " ".repeat(256 * 1024));
      assertEquals("unavailable", answer(verifier(file.toString(), NEVER), OLD));
      assertEquals("unavailable", answer(verifier(folder.toString(), NEVER), OLD));
    }

    @Test
    void aByteOrderMarkIsIgnored() throws IOException {
      Path file = Files.writeString(folder.resolve("jwks.json"), "\ufeff" + TestKey.keySet(OLD));
      assertEquals("alice", answer(verifier(file.toString(), NEVER), OLD));
    }
  }

  @Nested
  class PrivateAuthorities {

    @TempDir private Path folder;

    @Test
    void aCertificateOfThePrivateAuthorityIsTrustedForDiscoveryAndKeySet() throws Exception {
      TestCertificate tls = TestCertificate.forServer("san=dns:localhost");
      Files.writeString(folder.resolve("ca.pem"), tls.authority());
      try (var server = new KeySetServer(0, TestKey.keySet(OLD), tls.context());
          var log = new LogCapture()) {
        String issuer = server.issuer();
        server.discovery(
            KeySetServer.text(
                200, TestKey.json(Map.of("issuer", issuer, "jwks_uri", server.url()))));
        String token = token(OLD, issuer);
        assertEquals("unavailable", answer(verifier(discovering(issuer), NEVER), token));
        assertTrue(log.linesWith("cannot be read").getFirst().contains("PKIX path"), log.text());
        Optional<String> file = Optional.of(folder.resolve("ca.pem").toString());
        AuthConfig trusting =
            new AuthConfig(issuer, "carol", Optional.empty(), file, "carol_session");
        assertEquals("alice", answer(verifier(trusting, NEVER), token));
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n", "missing"})
    void aFileWithoutCertificatesIsRefusedAtOnce(String text) throws IOException {
      Path file = folder.resolve("ca.pem");
      if (!text.equals("missing")) {
        Files.writeString(file, text);
      }
      AuthConfig config =
          new AuthConfig(
              ISSUER,
              "carol",
              Optional.of("jwks.json"),
              Optional.of(file.toString()),
              "carol_session");
      var e = assertThrows(ConfigurationException.class, () -> verifier(config, NEVER));
      assertTrue(String.valueOf(e.getMessage()).contains("CAROL_AUTH_CA_FILE"));
    }
  }

  @Nested
  class Locations {
    @ParameterizedTest
    @Words(
        """
        ftp://id.example.org/jwks file:///etc/jwks.json classpath:jwks.json
        http: https:///jwks http:jwks https://[::1/jwks
        https://user:hunter2@id.example.org/jwks
        """)
    @ValueSource(strings = {"http://id example org/jwks", "jwks\0.json"})
    void aLocationThatIsNeitherPathNorAddressIsRefusedAtOnce(String location) {
      var e = assertThrows(ConfigurationException.class, () -> verifier(location, NEVER));
      assertTrue(String.valueOf(e.getMessage()).contains("CAROL_AUTH_JWKS"));
      assertFalse(String.valueOf(e.getMessage()).contains("hunter2"));
      assertNull(e.getCause());
    }

    @Test
    void aHostNameMayHaveAnUnderscore() {
      assertEquals("unavailable", answer(verifier("http://my_provider:9/jwks", NEVER), OLD));
    }
  }
}
