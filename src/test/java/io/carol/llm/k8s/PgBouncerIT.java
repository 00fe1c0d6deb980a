package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.config.DatabaseConfig;
import io.carol.llm.database.Migrations;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Command;
import io.carol.llm.testing.DebianPackage;
import io.carol.llm.testing.Ports;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service behind pgbouncer in transaction mode, with fewer connections than it asks for. */
@Tag("faults")
final class PgBouncerIT {
  /** One migration takes as many. */
  private static final int SERVER_CONNECTIONS = 3;

  private static final String PUT =
      "{\"provider\":\"anthropic\",\"model\":\"claude\",\"apiKey\":\"sk-ant-%s\"}";

  // An option of the connection, of which pgbouncer is told to take no notice.
  private static final String OPTIONS = "?options=-c%20lock_timeout=5s";
  private static final String UNPREPARED = OPTIONS + "&prepareThreshold=0";

  private static final AtomicInteger DATABASES = new AtomicInteger();

  @TempDir private static Path folder;
  private static String program;
  private static Postgres server;
  private static ProxyProcess pgbouncer;

  private final String database = "bounced_" + DATABASES.incrementAndGet();

  @BeforeAll
  static void startServers() throws Exception {
    program = DebianPackage.program("pgbouncer", "pgbouncer").toString();
    server = Postgres.start(folder);
    int port = Ports.free();
    Path settings =
        Files.writeString(
            folder.resolve("pgbouncer.ini"),
            """
            [databases]
            * = host=localhost port=%d user=postgres
            [pgbouncer]
            pool_mode = transaction
            default_pool_size = %d
            ignore_startup_parameters = options
            server_login_retry = 1
            query_wait_timeout = 10
            listen_addr = localhost
            listen_port = %d
            unix_socket_dir =
            auth_type = any
            """
                .formatted(server.port(), SERVER_CONNECTIONS, port));
    List<String> command = new ArrayList<>(List.of(program, settings.toString()));
    if (DebianPackage.isRoot()) {
      command.addAll(1, List.of("-u", "nobody"));
    }
    pgbouncer = ProxyProcess.start(command, port);
  }

  @AfterAll
  static void stopServers() {
    if (pgbouncer != null) {
      pgbouncer.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void createDatabase() throws Exception {
    server.createDatabase(database);
  }

  @Test
  void manyUsersReadAndWriteAtOnce() throws Exception {
    try (TestService service = launch();
        LlmSettingsService agent = TestService.agent(service.config())) {
      service.awaitReady();
      Together.run(
          40,
          i -> {
            for (int round = 0; round < 5; round++) {
              useEverything(service.as("user-" + i), agent, "user-" + i, i + "-" + round);
            }
            return true;
          });
      int connections = server.connections(database);
      assertTrue(connections <= SERVER_CONNECTIONS, connections + " connections");
    }
  }

  private static void useEverything(Api api, LlmSettingsService agent, String user, String key) {
    Reply created = api.put(PUT.formatted(key));
    assertEquals(201, created.status(), created::body);
    assertEquals(Optional.of(ApiKey.of("sk-ant-" + key)), agent.getDecryptedLlmKey(user));
    String etag = api.get().header("etag");
    assertEquals(created.header("etag"), etag);
    assertEquals(200, api.put(PUT.formatted("new"), "If-Match", etag).status());
    assertEquals(412, api.delete("If-Match", etag).status());
    assertEquals(204, api.delete().status());
    assertEquals(404, api.get().status());
  }

  @Test
  void moreMigrateAtOnceThanThereAreConnections() throws Exception {
    DatabaseConfig config =
        TestService.databaseConfig(database, Map.of("carol.database.url", url(UNPREPARED)));
    List<Integer> executed = Together.run(SERVER_CONNECTIONS + 1, i -> Migrations.migrate(config));
    assertEquals(1, executed.stream().filter(migrations -> migrations > 0).count());
  }

  @Test
  void theDatabaseGoesAwayAndComesBack() throws Exception {
    try (TestService service = launch()) {
      service.awaitReady();
      assertEquals(201, service.as("ada").put(PUT.formatted("1")).status());
      server.close();
      for (Reply reply : Together.run(20, i -> service.as("ada").get())) {
        assertEquals(503, reply.status());
        assertEquals("database_unavailable", reply.code());
      }
      assertTrue(service.observe("/observe/health/ready").body().contains("unreachable"));
      server.startAgain();
      TestService.await(
          "it saves again", () -> service.as("ada").put(PUT.formatted("2")).status() == 200);
    }
  }

  /** Why it takes prepareThreshold=0: the driver's prepared statements belong to a connection. */
  @Test
  void beforeVersion1_21PgBouncerMixesUpThePreparedStatementsOfTwoClients() throws Exception {
    String version = version();
    assumeTrue(
        version.matches("PgBouncer 1\\.(\\d|1\\d|20)\\..*"),
        version + " may keep prepared statements apart, so prepareThreshold=0 is not needed");
    executeOften(url(UNPREPARED));
    executeOften(url(UNPREPARED));
    executeOften(url(OPTIONS));
    SQLException failure = assertThrows(SQLException.class, () -> executeOften(url(OPTIONS)));
    assertEquals("42P05", failure.getSQLState(), "duplicate_prepared_statement");
  }

  /** The driver prepares a statement when it is executed for the fifth time. */
  private static void executeOften(String url) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, "postgres", "");
        PreparedStatement statement = connection.prepareStatement("SELECT 1")) {
      for (int i = 0; i < 10; i++) {
        statement.execute();
      }
    }
  }

  private static String version() {
    return Command.run(program, "--version").output().lines().findFirst().orElseThrow();
  }

  private TestService launch() {
    return TestService.launch(
        server,
        database,
        Map.of(
            "carol.database.url",
            url(UNPREPARED),
            "carol.encryption.key",
            Secrets.encryptionKey()));
  }

  private String url(String parameters) {
    return "jdbc:postgresql://localhost:" + pgbouncer.port() + "/" + database + parameters;
  }
}
