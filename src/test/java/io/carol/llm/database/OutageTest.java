package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TcpProxy;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The database goes away and comes back, in every way it can. Both deadlines are promises: an
 * answer within 3 s, and back within 5 s of the database.
 */
@Tag("faults")
final class OutageTest {
  // Three times what is promised: a machine that has other work to do must not look like a failure.
  private static final Duration ANSWER = Duration.ofSeconds(9);
  private static final Duration RECOVERY = Duration.ofSeconds(15);
  private static final String PASSWORD = "geheim-7d1f";
  private static final String PUT =
      """
      {"provider":"openai_compatible","model":"m","baseUrl":"https://llm.example","apiKey":"sk-x"}
      """;
  private static final int POOL_SIZE = 10;
  private static final AtomicInteger DATABASES = new AtomicInteger();

  @TempDir private static Path folder;
  @AutoClose private static Postgres server;

  private final String database = "outage_" + DATABASES.incrementAndGet();

  @BeforeAll
  static void startServer() throws Exception {
    server = Postgres.start(folder);
  }

  @BeforeEach
  void createDatabase() throws Exception {
    server.createDatabase(database);
  }

  private TestService launch(Map<String, String> overrides) {
    Map<String, String> values =
        new HashMap<>(
            Map.of(
                "carol.encryption.key",
                Secrets.encryptionKey(),
                "carol.database.password",
                PASSWORD));
    values.putAll(overrides);
    return TestService.launch(server, database, values);
  }

  @Test
  void aServiceThatStartsBeforeItsDatabase() throws Exception {
    server.close();
    try (LogCapture log = new LogCapture();
        TestService service = launch(Map.of())) {
      assertEverythingIsRefusedInTime(service, 503);
      server.startAgain();
      assertEverythingIsBackInTime(service);
      assertOneOutage(service, log);
    }
  }

  @Test
  void aServerThatIsStoppedAndStarted() throws Exception {
    survives(Map.of(), server::close, server::startAgain);
  }

  /** That no save is lost then: KilledUnderLoadIT. */
  @Test
  void aServerThatIsKilledAndStarted() throws Exception {
    survives(Map.of(), server::kill, server::startAgain);
  }

  @Test
  void aServerThatHangs() throws Exception {
    survives(Map.of(), server::freeze, server::thaw);
  }

  @Test
  void aNetworkThatSwallowsEverything() throws Exception {
    try (TcpProxy network = new TcpProxy(server.port())) {
      survives(
          Map.of("carol.database.url", throughNetwork(network)),
          network::swallowEverything,
          network::letNewConnectionsThrough);
    }
  }

  @Test
  void aServiceThatStartsWhileTheNetworkSwallowsEverything() throws Exception {
    try (TcpProxy network = new TcpProxy(server.port())) {
      network.swallowEverything();
      try (LogCapture log = new LogCapture();
          TestService service = launch(Map.of("carol.database.url", throughNetwork(network)))) {
        assertEverythingIsRefusedInTime(service, 503);
        network.letNewConnectionsThrough();
        assertEverythingIsBackInTime(service);
        assertOneOutage(service, log);
      }
    }
  }

  private String throughNetwork(TcpProxy network) {
    return server.url(database).replace(":" + server.port(), ":" + network.port());
  }

  @Test
  void aServerThatTakesReadsOnly() throws Exception {
    try (TestService service = launch(Map.of())) {
      service.awaitReady();
      assertEquals(201, service.as("ada").put(PUT).status());
      service.sql("ALTER SYSTEM SET default_transaction_read_only = on");
      service.sql("SELECT pg_reload_conf()");
      TestService.await("writes are refused", () -> service.as("ada").put(PUT).status() == 503);
      assertEquals("database_unavailable", service.as("ada").delete().code());
      assertEquals(200, service.as("ada").get().status());
      service.sql("ALTER SYSTEM RESET default_transaction_read_only");
      service.sql("SELECT pg_reload_conf()");
      TestService.await("writes work", () -> service.as("ada").put(PUT).status() == 200);
    }
  }

  @Test
  void anAgentThatIsInterruptedWhileItReadsIsNoOutage() throws Exception {
    try (TestService service = TestService.start();
        LlmSettingsService agent = TestService.agent(service.config());
        LogCapture log = new LogCapture();
        Connection other = service.dataSource().getConnection();
        Statement lock = other.createStatement()) {
      other.setAutoCommit(false);
      lock.execute("LOCK TABLE user_llm_credentials IN ACCESS EXCLUSIVE MODE");
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread step =
          Thread.ofVirtual()
              .uncaughtExceptionHandler((thread, e) -> thrown.set(e))
              .start(() -> agent.find("ada"));
      TestService.await("the read waits for the table", () -> service.waitingForLocks() == 1);
      step.interrupt();
      assertTrue(step.join(Duration.ofSeconds(20)));
      other.rollback();
      assertTrue(thrown.get() instanceof DatabaseUnavailableException, thrown::toString);
      assertFalse(log.text().contains("cannot be used"), log::text);
    }
  }

  /** Some requests lose against others; the database works, and the replica stays ready. */
  @Test
  void aStatementThatLosesIsNoOutage() throws Exception {
    try (LogCapture log = new LogCapture();
        TestService service = launch(Map.of())) {
      service.awaitReady();
      for (String state : List.of("40001", "40P01", "55P03", "57014")) {
        assertSaveFails(service, state, "lost");
      }
      assertEquals(200, service.observe("/observe/health/ready").status());
      assertEquals(List.of(), log.eventsWith("cannot be used"));
      assertEquals(1, log.eventsWith("was given up").size(), log::text);
    }
  }

  @Test
  void aPoolerThatMixesUpPreparedStatementsIsNamedInTheLog() throws Exception {
    try (LogCapture log = new LogCapture();
        TestService service = launch(Map.of())) {
      service.awaitReady();
      assertSaveFails(service, "42P05", "prepared statement S_1 already exists");
      assertSaveFails(service, "26000", "prepared statement S_1 does not exist");
      assertSaveFails(
          service,
          "08P01",
          "bind message supplies 2 parameters, but prepared statement S_1 requires 0");
      assertEquals(1, log.eventsWith("has prepareThreshold=0").size(), log::text);
      assertEquals(List.of(), log.eventsWith("Check that PostgreSQL runs"));
    }
  }

  @Test
  void aRowThatAnotherClientHoldsLocked() throws Exception {
    try (LogCapture log = new LogCapture();
        TestService service = launch(Map.of())) {
      service.awaitReady();
      assertEquals(201, service.as("ada").put(PUT).status());
      try (var connection = service.dataSource().getConnection();
          var statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("SELECT FROM user_llm_credentials FOR UPDATE");
        assertRefusedInTime(service.as("ada"), "PUT");
        assertRefusedInTime(service.as("ada"), "DELETE");
        assertEquals(200, service.as("ada").get().status());
        assertEquals(201, service.as("bob").put(PUT).status());
        assertEquals(200, service.observe("/observe/health/ready").status());
        assertEquals(List.of(), log.eventsWith("cannot be used"));
      }
      TestService.await("the row is free", () -> service.as("ada").put(PUT).status() < 300);
      assertPoolIsWhole(service);
    }
  }

  /** Has PostgreSQL fail a save with this SQLSTATE and message. */
  private static void assertSaveFails(TestService service, String state, String message) {
    service.sql(
        """
        CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '%s' USING ERRCODE = '%s'; END $$;
        CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON user_llm_credentials
        FOR EACH ROW EXECUTE FUNCTION fail()
        """
            .formatted(message, state));
    assertRefusedInTime(service.as("ada"), "PUT");
  }

  private void survives(Map<String, String> overrides, Executable goAway, Executable comeBack)
      throws Exception {
    try (LogCapture log = new LogCapture();
        TestService service = launch(overrides)) {
      service.awaitReady();
      assertEquals(201, service.as("ada").put(PUT).status());
      // Connections enough for a good part of them to be idle when it happens.
      Together.run(50, i -> service.as("user " + i).get());
      try {
        goAway.execute();
        try {
          assertEverythingIsRefusedInTime(service, 200);
        } finally {
          // Also after a failure: the tests that follow need the server.
          comeBack.execute();
        }
      } catch (Exception | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
      assertEverythingIsBackInTime(service);
      assertEquals(200, service.as("ada").get().status());
      assertOneOutage(service, log);
    }
  }

  /**
   * @param readiness 503 until the database was usable once, then 200
   */
  private static void assertEverythingIsRefusedInTime(TestService service, int readiness)
      throws Exception {
    for (String method : List.of("GET", "PUT", "DELETE")) {
      assertRefusedInTime(service.as("ghost"), method);
    }
    Together.run(
        50,
        i -> {
          assertRefusedInTime(service.as("ghost " + i), List.of("GET", "PUT").get(i % 2));
          return true;
        });
    Together.run(
        50,
        i -> {
          assertRefusedInTime(service.as("ghost " + i), "GET");
          return true;
        });
    assertEquals(200, service.observe("/observe/health/live").status());
    Reply ready = service.observe("/observe/health/ready");
    assertEquals(readiness, ready.status());
    assertTrue(ready.body().contains("unreachable"), ready::body);
    assertFalse(ready.body().contains("jdbc"), ready::body);
    assertFalse(ready.body().contains(PASSWORD), ready::body);
    assertTrue(metric(service, "database_failures_total\\{reason=\"unreachable\"}") > 0);
  }

  private static void assertRefusedInTime(Api api, String method) {
    long start = System.nanoTime();
    Reply reply =
        switch (method) {
          case "GET" -> api.get();
          case "PUT" -> api.put(PUT);
          default -> api.delete();
        };
    assertWithin(ANSWER, start, method);
    assertEquals(503, reply.status(), method);
    assertEquals("database_unavailable", reply.code());
    assertEquals("2", reply.header("retry-after"));
  }

  private static void assertEverythingIsBackInTime(TestService service) throws Exception {
    long back = System.nanoTime();
    service.awaitReady();
    TestService.await("requests are answered", () -> service.as("bob").get().status() == 404);
    assertWithin(RECOVERY, back, "recovery");
    assertPoolIsWhole(service);
  }

  private static void assertPoolIsWhole(TestService service) throws Exception {
    long start = System.nanoTime();
    List<Reply> replies = Together.run(100, i -> service.as("user " + i).get());
    // The pool opens one connection after the other.
    while (replies.stream().anyMatch(reply -> reply.status() == 503)) {
      assertWithin(RECOVERY, start, "recovery of all connections");
      replies = Together.run(100, i -> service.as("user " + i).get());
    }
    for (Reply reply : replies) {
      assertTrue(reply.status() == 404 || reply.status() == 200, reply::toString);
    }
    TestService.await(
        "no connection is in use", () -> metric(service, "hikaricp_connections_active") == 0);
    assertTrue(metric(service, "hikaricp_connections_idle") <= POOL_SIZE);
  }

  private static int metric(TestService service, String name) {
    Matcher value =
        Pattern.compile(name + " ([0-9]+)").matcher(service.observe("/observe/metrics").body());
    assertTrue(value.find(), name);
    return Integer.parseInt(value.group(1));
  }

  /** One line when it went away, one when it was back, and no stack trace anywhere. */
  private static void assertOneOutage(TestService service, LogCapture log) {
    TestService.await(
        "the end is in the log",
        () -> service.as("bob").get().status() < 500 && !log.eventsWith("used again").isEmpty());
    List<String> lines = log.eventsWith("io.carol.llm.database.Database ");
    assertEquals(2, lines.size(), lines::toString);
    assertTrue(lines.getFirst().contains("WARN"), lines::toString);
    assertTrue(lines.getFirst().contains("The database cannot be used: "), lines::toString);
    assertTrue(lines.getLast().contains("The database can be used again"), lines::toString);
    assertEquals(List.of(), log.eventsWith("\n\t"));
    assertEquals(List.of(), log.eventsWith(PASSWORD));
  }

  private static void assertWithin(Duration deadline, long start, String what) {
    Duration taken = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(taken.compareTo(deadline) <= 0, () -> what + " took " + taken);
  }
}
