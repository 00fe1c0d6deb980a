package io.carol.llm.auth;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.nimbusds.jose.jwk.JWK;
import io.carol.llm.auth.IdentityProviderKeys.Intervals;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class IdentityProviderKeysTest {
  private static final TestKey OLD = TestKey.ec("old");
  private static final TestKey NEW = TestKey.ec("new");

  /** Everything happens soon: for tests that wait for something to happen. */
  private static final Intervals SHORT = intervals(100, 200, 20);

  /** A set never ages: what is read is read because of an unknown key. */
  private static final Intervals NEVER_STALE = intervals(3_600_000, 7_200_000, 50);

  /** After the first two readings there is no other: for tests that count. */
  private static final Intervals CLOSED = intervals(3_600_000, 7_200_000, 3_600_000);

  private static Intervals intervals(long refreshAfter, long expireAfter, long rateLimit) {
    return new Intervals(
        Duration.ofMillis(refreshAfter),
        Duration.ofMillis(expireAfter),
        Duration.ofMillis(rateLimit),
        Duration.ofMillis(100));
  }

  private static IdentityProviderKeys keys(String location, Intervals intervals) {
    return new IdentityProviderKeys(KeySetLocation.of(location), intervals);
  }

  private static boolean knows(IdentityProviderKeys keys, TestKey key) {
    List<JWK> found = keys.suitable(jwk -> key.kid().equals(jwk.getKeyID()));
    return !found.isEmpty();
  }

  private static boolean isAvailable(IdentityProviderKeys keys) {
    try {
      return knows(keys, OLD);
    } catch (IdentityProviderUnavailableException e) {
      return false;
    }
  }

  /** Waits for what must come true within the deadline; returns as soon as it does. */
  private static void eventually(BooleanSupplier comesTrue) {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!comesTrue.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        fail("did not come true within 10 s");
      }
      pause(10);
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Nested
  class Rotation {
    @Test
    void aNewKeyIsFoundByItsFirstUse() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        var keys = keys(server.url(), CLOSED);
        assertTrue(knows(keys, OLD));
        server.answer(KeySetServer.text(200, TestKey.keySet(OLD, NEW)));
        assertTrue(knows(keys, NEW));
        assertTrue(knows(keys, OLD));
        assertEquals(2, server.requests());
      }
    }

    @Test
    void aNewKeyIsFoundAfterTheRateLimit() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        var keys = keys(server.url(), NEVER_STALE);
        assertEquals(false, knows(keys, NEW));
        server.answer(KeySetServer.text(200, TestKey.keySet(NEW)));
        eventually(() -> knows(keys, NEW));
      }
    }

    @Test
    void aWithdrawnKeyIsForgottenWhileInUse() {
      try (var server = new KeySetServer(TestKey.keySet(OLD, NEW))) {
        var keys = keys(server.url(), intervals(100, 3_600_000, 20));
        assertTrue(knows(keys, OLD));
        server.answer(KeySetServer.text(200, TestKey.keySet(NEW)));
        // Looked for among all keys, so that the look itself never reads the set.
        eventually(() -> keys.suitable(key -> true).size() == 1);
      }
    }

    @Test
    void aWithdrawnKeyIsForgottenAfterAnIdleTime() {
      try (var server = new KeySetServer(TestKey.keySet(OLD, NEW))) {
        var keys = keys(server.url(), SHORT);
        assertTrue(knows(keys, OLD));
        server.answer(KeySetServer.text(200, TestKey.keySet(NEW)));
        pause(SHORT.expireAfter().toMillis() + 50);
        assertEquals(1, keys.suitable(key -> true).size());
      }
    }
  }

  @Nested
  class Storms {
    @Test
    void ofUnknownKeysReadTheSetTwice() throws Exception {
      try (var server = new KeySetServer(TestKey.keySet(OLD));
          var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var keys = keys(server.url(), CLOSED);
        List<Future<Boolean>> uses = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          String kid = "unknown-" + i;
          uses.add(
              threads.submit(() -> keys.suitable(key -> kid.equals(key.getKeyID())).isEmpty()));
        }
        for (Future<Boolean> use : uses) {
          assertTrue(use.get(10, SECONDS));
        }
        assertTrue(knows(keys, OLD));
        assertTrue(server.requests() <= 2, () -> server.requests() + " requests");
      }
    }

    @Test
    void whileTheProviderIsAwayLeaveKnownKeysInUse() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        var keys = keys(server.url(), CLOSED);
        assertTrue(knows(keys, OLD));
        server.answer(KeySetServer.text(503, "busy"));
        for (int i = 0; i < 100; i++) {
          assertEquals(false, knows(keys, NEW));
          assertTrue(knows(keys, OLD));
        }
        // One reading is left, which is tried twice.
        assertEquals(3, server.requests());
      }
    }

    @Test
    void atAProviderThatIsDownFromTheStartAreLimitedToo() {
      try (var server = new KeySetServer("")) {
        server.answer(KeySetServer.text(503, "busy"));
        var keys = keys(server.url(), CLOSED);
        for (int i = 0; i < 100; i++) {
          assertThrows(IdentityProviderUnavailableException.class, () -> knows(keys, OLD));
        }
        assertEquals(4, server.requests());
      }
    }

    @Test
    void thatMeetAnExpiredSetAndTheRateLimitLeaveKnownKeysInUse() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        var keys = keys(server.url(), intervals(200, 400, 3_600_000));
        assertTrue(knows(keys, OLD));
        assertEquals(false, knows(keys, NEW));
        pause(450);
        assertTrue(knows(keys, OLD));
        assertEquals(2, server.requests());
      }
    }
  }

  @Nested
  class Outages {
    @Test
    void fromTheStartEndByThemselves() throws IOException {
      int port;
      try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = socket.getLocalPort();
      }
      var keys = keys("http://127.0.0.1:" + port + "/jwks", NEVER_STALE);
      assertThrows(IdentityProviderUnavailableException.class, () -> knows(keys, OLD));
      try (var server = new KeySetServer(port, TestKey.keySet(OLD))) {
        eventually(() -> isAvailable(keys));
        assertTrue(server.requests() > 0);
      }
    }

    @Test
    void ofOneRequestAreBridgedByTheRetry() {
      try (var server = new KeySetServer("")) {
        server.answer(exchange -> {
          server.answer(KeySetServer.text(200, TestKey.keySet(OLD)));
          KeySetServer.text(503, "busy").send(exchange);
        });
        assertTrue(knows(keys(server.url(), CLOSED), OLD));
      }
    }

    @Test
    void leaveKnownKeysInUseUntilTheProviderIsBack() {
      try (var server = new KeySetServer(TestKey.keySet(OLD))) {
        var keys = keys(server.url(), SHORT);
        assertTrue(knows(keys, OLD));
        List<KeySetServer.Answer> mishaps =
            List.of(
                KeySetServer.nothing(),
                KeySetServer.text(500, "{\"keys\":[]}"),
                KeySetServer.text(404, ""),
                KeySetServer.text(200, ""),
                KeySetServer.text(200, "<html>maintenance</html>"),
                KeySetServer.text(200, "null"),
                KeySetServer.text(200, "[]"),
                KeySetServer.text(200, "{}"),
                KeySetServer.text(200, "{\"keys\":null}"),
                KeySetServer.text(200, "{\"keys\":{}}"),
                KeySetServer.text(200, "{\"keys\":[null]}"),
                KeySetServer.text(200, "{\"keys\":[7]}"),
                KeySetServer.text(200, "{\"keys\":[{\"kty\":\"EC\"},7]}"),
                KeySetServer.text(200, "[".repeat(100_000)),
                KeySetServer.text(200, TestKey.keySet(OLD).substring(1)),
                KeySetServer.text(200, TestKey.keySet(NEW) + " ".repeat(256 * 1024)));
        for (KeySetServer.Answer mishap : mishaps) {
          int before = server.requests();
          server.answer(mishap);
          eventually(() -> {
            assertTrue(knows(keys, OLD));
            return server.requests() >= before + 2;
          });
        }
        server.answer(KeySetServer.text(200, TestKey.keySet(NEW)));
        eventually(() -> knows(keys, NEW));
      }
    }

    @Test
    @Timeout(30)
    void ofAProviderThatDripsDoNotHoldARequest() {
      try (var server = new KeySetServer("")) {
        server.answer(exchange -> {
          exchange.sendResponseHeaders(200, 0);
          OutputStream body = exchange.getResponseBody();
          for (int i = 0; i < 600; i++) {
            body.write(' ');
            body.flush();
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
          }
        });
        var keys = keys(server.url(), CLOSED);
        assertThrows(IdentityProviderUnavailableException.class, () -> knows(keys, OLD));
      }
    }

    @Test
    @Timeout(30)
    void ofAProviderThatIsSilentLeaveExpiredKeysInUse()
        throws InterruptedException, ExecutionException {
      var silence = new CountDownLatch(1);
      try (var server = new KeySetServer(TestKey.keySet(OLD));
          var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var keys = keys(server.url(), SHORT);
        assertTrue(knows(keys, OLD));
        server.answer(exchange -> {
          try {
            silence.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
        pause(SHORT.expireAfter().toMillis() + 50);
        var uses =
            List.of(threads.submit(() -> knows(keys, OLD)), threads.submit(() -> knows(keys, OLD)));
        for (Future<Boolean> use : uses) {
          assertTrue(use.get());
        }
      } finally {
        silence.countDown();
      }
    }
  }

  @Nested
  class Redirects {
    @Test
    void toHttpAreFollowed() {
      try (var target = new KeySetServer(TestKey.keySet(OLD));
          var server = new KeySetServer("")) {
        server.answer(exchange -> {
          exchange.getResponseHeaders().set("Location", target.url());
          exchange.sendResponseHeaders(302, -1);
        });
        assertTrue(knows(keys(server.url(), CLOSED), OLD));
      }
    }

    @Test
    void toFilesAreNotFollowed(@TempDir Path folder) throws IOException {
      Path file = Files.writeString(folder.resolve("jwks.json"), TestKey.keySet(OLD));
      try (var server = new KeySetServer("")) {
        server.answer(exchange -> {
          exchange.getResponseHeaders().set("Location", file.toUri().toString());
          exchange.sendResponseHeaders(302, -1);
        });
        var keys = keys(server.url(), CLOSED);
        assertThrows(IdentityProviderUnavailableException.class, () -> knows(keys, OLD));
      }
    }

    @Test
    void inACircleEnd() {
      try (var server = new KeySetServer("")) {
        server.answer(exchange -> {
          exchange.getResponseHeaders().set("Location", server.url());
          exchange.sendResponseHeaders(302, -1);
        });
        var keys = keys(server.url(), CLOSED);
        assertThrows(IdentityProviderUnavailableException.class, () -> knows(keys, OLD));
        assertTrue(server.requests() <= 12, () -> server.requests() + " requests");
      }
    }
  }

  @Nested
  class KeySetFiles {
    @TempDir private Path folder;

    @Test
    void thatAreMissingAtFirstAreReadOnceThere() throws IOException {
      Path file = folder.resolve("jwks.json");
      var keys = keys(file.toString(), NEVER_STALE);
      assertThrows(IdentityProviderUnavailableException.class, () -> knows(keys, OLD));
      Files.writeString(file, TestKey.keySet(OLD));
      eventually(() -> isAvailable(keys));
    }

    @Test
    void thatAreHalfWrittenAtFirstAreReadOnceWhole() throws IOException {
      Path file = folder.resolve("jwks.json");
      String keySet = TestKey.keySet(OLD);
      Files.writeString(file, keySet.substring(0, keySet.length() / 2));
      var keys = keys(file.toString(), NEVER_STALE);
      assertThrows(IdentityProviderUnavailableException.class, () -> knows(keys, OLD));
      Files.writeString(file, keySet);
      eventually(() -> isAvailable(keys));
    }

    @Test
    void thatAreReplacedAreReadAgain() throws IOException {
      Path file = Files.writeString(folder.resolve("jwks.json"), TestKey.keySet(OLD));
      var keys = keys(file.toString(), NEVER_STALE);
      assertTrue(knows(keys, OLD));
      Path next = Files.writeString(folder.resolve("next.json"), TestKey.keySet(NEW));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      eventually(() -> knows(keys, NEW));
    }

    @Test
    void thatAreDamagedOrGoneLeaveKnownKeysInUse() throws IOException {
      Path file = Files.writeString(folder.resolve("jwks.json"), TestKey.keySet(OLD));
      var keys = keys(file.toString(), SHORT);
      assertTrue(knows(keys, OLD));
      String next = TestKey.keySet(OLD, NEW);
      for (int length = 0; length < next.length(); length += 40) {
        Files.writeString(file, next.substring(0, length));
        assertEquals(false, knows(keys, NEW));
        assertTrue(knows(keys, OLD));
        pause(60);
      }
      Files.delete(file);
      pause(SHORT.expireAfter().toMillis() + 50);
      assertTrue(knows(keys, OLD));
      Files.writeString(file, next);
      eventually(() -> knows(keys, NEW));
    }

    @Test
    void thatAreTooLargeOrFoldersAreRefused() throws IOException {
      Path file = folder.resolve("jwks.json");
      Files.writeString(file, TestKey.keySet(OLD) + " ".repeat(256 * 1024));
      var large = keys(file.toString(), CLOSED);
      assertThrows(IdentityProviderUnavailableException.class, () -> knows(large, OLD));
      var directory = keys(folder.toString(), CLOSED);
      assertThrows(IdentityProviderUnavailableException.class, () -> knows(directory, OLD));
    }
  }
}
