package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.DatabaseConfig;
import io.carol.llm.database.DatabaseUnavailableException.Reason;
import io.carol.llm.observability.HealthChecks;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckResponse.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** More requests than the database can do in time. */
final class OverloadTest {
  private static final String PUT = "{\"provider\":\"anthropic\",\"model\":\"claude-sonnet-4-5\"}";

  @Test
  void savesThatWouldWaitTooLongGet503AndTheOthersSucceed() throws Exception {
    try (TestService service = TestService.start("carol.database.pool.size", "1")) {
      service.sql(
          """
          CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$;
          CREATE TRIGGER dawdle BEFORE INSERT OR UPDATE ON users
          FOR EACH ROW EXECUTE FUNCTION dawdle()
          """);
      assertEquals(201, service.as("early").put(PUT).status());
      int saved = 0;
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Reply>> replies = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          String user = "user " + i;
          replies.add(threads.submit(() -> service.as(user).put(PUT)));
        }
        for (Future<Reply> each : replies) {
          Reply reply = each.get();
          if (reply.status() == 201) {
            saved++;
          } else {
            assertEquals(503, reply.status(), reply::body);
            assertEquals("database_unavailable", reply.code());
            assertEquals("2", reply.header("retry-after"));
          }
        }
      }
      assertTrue(saved > 0 && saved < 50, "saved: " + saved);
      assertEquals(200, service.as("early").get().status());
      assertEquals(
          Integer.toString(saved),
          service.sqlValue("SELECT count(*) FROM users WHERE id LIKE 'user %'"));
    }
  }

  @Test
  void readsThatWaitForOthersAreMeasuredAndSoAreThoseThatWaitTooLong() throws Exception {
    DatabaseConfig config = TestService.databaseConfig(TestService.newDatabase(), Map.of());
    CountDownLatch started = new CountDownLatch(2);
    CountDownLatch end = new CountDownLatch(1);
    try (Database database = Database.open(config);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CombinedReads<String> reads =
          database.combinedReads(
              id -> {
                started.countDown();
                awaitQuietly(end);
                return Optional.of(id);
              },
              ids -> Optional.empty());
      List<Future<Optional<String>>> underWay =
          List.of(threads.submit(() -> reads.read("a")), threads.submit(() -> reads.read("b")));
      awaitQuietly(started);
      List<Future<Optional<String>>> late = new ArrayList<>();
      try {
        TestService.await(
            "a read waits",
            () -> {
              if (late.isEmpty() || late.getLast().isDone()) {
                late.add(threads.submit(() -> reads.read("c")));
              }
              return database.waitingReads() == 1;
            });
        for (Future<Optional<String>> read : late) {
          ExecutionException failure =
              assertThrows(ExecutionException.class, () -> read.get(30, TimeUnit.SECONDS));
          assertInstanceOf(DatabaseUnavailableException.class, failure.getCause());
        }
        assertEquals(late.size(), database.failures(Reason.BUSY));
        assertEquals(0, database.waitingReads());
      } finally {
        end.countDown();
      }
      for (Future<Optional<String>> read : underWay) {
        assertTrue(read.get(30, TimeUnit.SECONDS).isPresent());
      }
    }
  }

  @Test
  void aReplicaIsReadyBesideABusyDatabaseOnlyWhenItHasUsedItBefore() {
    DatabaseConfig config =
        TestService.databaseConfig(
            TestService.migratedDatabase(), Map.of("carol.database.pool.size", "1"));
    try (Database database = Database.open(config);
        StartupTask startupTask = StartupTask.start(database, config, () -> {})) {
      HealthChecks checks = new HealthChecks(database, startupTask);
      assertEquals(Status.DOWN, statusWhileBusy(database, checks));
      assertEquals(Status.UP, checks.database().status());
      assertEquals(Status.UP, statusWhileBusy(database, checks));
    }
  }

  /** What the probe says while another caller has the only place in front of the pool. */
  private static Status statusWhileBusy(Database database, HealthChecks checks) {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> _ =
          threads.submit(() ->
              database.run(db -> {
                started.countDown();
                awaitQuietly(end);
                return "";
              }));
      try {
        awaitQuietly(started);
        HealthCheckResponse busy = checks.database();
        assertEquals("busy", busy.details().get("state"));
        return busy.status();
      } finally {
        end.countDown();
      }
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
