package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Migrations;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TcpProxy;
import io.carol.llm.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The packed program from the outside: arguments, variables, exit codes and what it prints. */
final class CommandLineIT {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int WRONG_USE = 64;
  private static final int WRONG_CONFIGURATION = 78;
  private static final String PASSWORD = "geheim-9a2e";
  private static final Postgres SERVER = TestService.postgres();

  private final String database = TestService.newDatabase();

  /** Everything that is required, on a database of its own. */
  private Map<String, String> configuration() {
    return TestService.configuration(
        database,
        Map.of(
            "carol.database.password",
            PASSWORD,
            "carol.encryption.key",
            Secrets.encryptionKey(),
            "carol.shutdown.drain.seconds",
            "0"));
  }

  private static void assertRefused(ServiceProcess jar, int exitCode, String... said) {
    assertEquals(exitCode, jar.exitCode(), jar::err);
    assertEquals(1, jar.err().lines().count(), jar::err);
    assertEquals("", jar.out());
    for (String each : said) {
      assertTrue(jar.err().contains(each), jar::err);
    }
    assertFalse(jar.err().contains(PASSWORD), jar::err);
  }

  @Nested
  final class AWrongConfiguration {
    /** Which values are refused, and that all are named at once: ConfigurationTest. */
    @Test
    void isNamedOnALineForEachVariableAndItsValueIsNotRepeated() {
      Map<String, String> configuration =
          Map.of(
              "carol.database.password",
              PASSWORD + "\u00e4",
              "carol.database.pool.size",
              PASSWORD,
              "lc.all",
              "C",
              // A locale with digits of its own.
              "java.opts",
              "-Duser.language=ar -Duser.country=EG");
      try (ServiceProcess jar = ServiceProcess.start(configuration)) {
        assertEquals(WRONG_CONFIGURATION, jar.exitCode());
        assertEquals(5, jar.err().lines().count(), jar::err);
        for (String each :
            List.of(
                "CAROL_DATABASE_POOL_SIZE must be a whole number from 1 to 1000",
                "CAROL_DATABASE_URL is not set",
                "CAROL_DATABASE_PASSWORD ",
                "CAROL_AUTH_ISSUER is not set",
                "CAROL_AUTH_AUDIENCE is not set")) {
          assertTrue(jar.err().contains(each), jar::err);
        }
        assertFalse(jar.err().contains(PASSWORD), jar::err);
      }
    }

    @Test
    void isALineLikeAllOthersWhereTheLogIsJson() {
      Map<String, String> configuration = configuration();
      configuration.remove("carol.database.url");
      configuration.put("carol.log.format", "json");
      try (ServiceProcess jar = ServiceProcess.start(configuration)) {
        assertRefused(jar, WRONG_CONFIGURATION);
        JsonNode line = JsonMapper.shared().readTree(jar.err());
        assertEquals("ERROR", line.path("level").asString());
        assertTrue(line.path("time").isString() && line.path("logger").isString(), jar::err);
        assertTrue(line.path("message").asString().contains("CAROL_DATABASE_URL"), jar::err);
      }
    }
  }

  @Nested
  final class Serve {
    @Test
    void isReadyForHealthAndEndsWith0WhenToldToStopAndLeavesNoConnectionBehind()
        throws InterruptedException {
      Map<String, String> configuration = configuration();
      try (ServiceProcess jar = ServiceProcess.start(configuration)) {
        jar.awaitReady();
        configuration.put("carol.observe.port", String.valueOf(jar.observePort()));
        assertHealth(OK, "ready", configuration);
        Api api = new Api(jar.port(), TestService.identity().token("ada"));
        assertEquals(404, api.get().status());
        assertTrue(SERVER.connections(database) > 0);
        String listening =
            "Listening on port %d; probes and metrics on port %d"
                .formatted(jar.port(), jar.observePort());
        assertTrue(jar.err().contains(listening), jar::err);
        jar.terminate();
        assertEquals(OK, jar.exitCode());
        TestService.await("its connections are closed", () -> SERVER.connections(database) == 0);
        assertEquals(List.of(), stackTraces(jar));
        assertHealth(FAILED, "not ready: ", configuration);
      }
    }

    /** The JVM of this test would remember for ever that a name leads nowhere. */
    @Test
    void findsADatabaseWhoseNameWasUnknownAtFirst(@TempDir Path folder) throws Exception {
      Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 localhost\n");
      Path forEver =
          Files.writeString(folder.resolve("security"), "networkaddress.cache.negative.ttl=-1\n");
      Map<String, String> configuration = configuration();
      configuration.put(
          "carol.database.url", SERVER.url(database).replace("localhost", "database.test"));
      configuration.put(
          "java.opts",
          "-Djdk.net.hosts.file=%s -Djava.security.properties=%s".formatted(hosts, forEver));
      try (ServiceProcess jar = ServiceProcess.start(configuration)) {
        TestService.await("the name is unknown", () -> jar.err().contains("UnknownHostException"));
        Files.writeString(hosts, "127.0.0.1 localhost database.test\n");
        jar.awaitReady();
      }
    }

    private static void assertHealth(
        int exitCode, String start, Map<String, String> configuration) {
      try (ServiceProcess health = ServiceProcess.start(configuration, "health")) {
        assertEquals(exitCode, health.exitCode(), health::err);
        assertTrue(health.out().startsWith(start), health::out);
      }
    }

    @Test
    void endsWith0WhileTheDatabaseIsAway() {
      Map<String, String> configuration = configuration();
      configuration.put("carol.database.url", "jdbc:postgresql://localhost:1/carol");
      try (ServiceProcess jar = ServiceProcess.start(configuration)) {
        // From then on it stops in order.
        TestService.await("it listens", () -> jar.err().contains("Listening on port"));
        TestService.await("it noticed", () -> jar.err().contains("cannot be used"));
        jar.terminate();
        assertEquals(OK, jar.exitCode());
      }
    }
  }

  @Nested
  final class Migrate {
    /** That nothing is left to do the second time: MigrationsTest. */
    @Test
    void needsNothingButTheDatabaseAndMakesTheTables() {
      Map<String, String> configuration = configuration();
      configuration
          .keySet()
          .removeIf(key -> key.startsWith("carol.auth") || key.startsWith("carol.encryption"));
      configuration.put("carol.log.format", "json");
      try (ServiceProcess jar = ServiceProcess.start(configuration, "migrate")) {
        assertEquals(OK, jar.exitCode(), jar::err);
        assertTrue(jar.err().contains("The tables are up to date. Migrations run: 8"), jar::err);
        // One more says that there was no users table before.
        assertEquals(2, jar.err().lines().filter(line -> line.startsWith("{")).count(), jar::err);
        assertEquals(2, jar.err().lines().count(), jar::err);
        assertEquals("", jar.out());
      }
    }

    @Test
    void saysInOneLineWhyItCannot() {
      Map<String, String> configuration = configuration();
      configuration.put(
          "carol.database.url", "jdbc:postgresql://localhost:1/carol?sslpassword=" + PASSWORD);
      try (ServiceProcess jar = ServiceProcess.start(configuration, "migrate")) {
        assertRefused(
            jar, FAILED, "The database could not be migrated: Connection to localhost:1 refused");
      }
    }
  }

  /** Every other one: MainTest. */
  @Test
  void anotherOptionIsNamedUnlessItMayBeAKey() {
    try (ServiceProcess jar =
        ServiceProcess.start(configuration(), "doctor", "--accept-key", "6dGhpcyBpcyBhIGtleQ==")) {
      assertRefused(jar, WRONG_USE, "command or option: doctor --accept-key …. The command help");
    }
  }

  @Test
  void helpNamesEveryCommandAndEverySettingAndNeedsNone() {
    try (ServiceProcess jar = ServiceProcess.start(Map.of(), "doctor", "--help")) {
      assertEquals(OK, jar.exitCode(), jar::err);
      assertEquals("", jar.err());
      for (String each :
          List.of("serve", "migrate", "rewrap", "doctor", "health", "CAROL_PORT ", "(8080)")) {
        assertTrue(jar.out().contains(each), jar::out);
      }
      assertTrue(jar.out().lines().allMatch(line -> line.length() <= 120), jar::out);
    }
  }

  @Test
  void theVersionIsThatOfTheBuildAndAVariableThatNothingReadsIsWarnedAbout() {
    try (ServiceProcess jar =
        ServiceProcess.start(Map.of("carol.encrypton.key", PASSWORD), "version")) {
      assertEquals(OK, jar.exitCode(), jar::err);
      assertTrue(jar.out().matches("[0-9]+\\.[0-9]+\\.[0-9]+\\S* \\(\\S+\\)\\R"), jar::out);
      assertTrue(
          jar.err()
              .contains(
                  " WARN io.carol.llm.Main CAROL_ENCRYPTON_KEY is not a setting."
                      + " Is CAROL_ENCRYPTION_KEY meant?"),
          jar::err);
      assertFalse(jar.err().contains(PASSWORD), jar::err);
    }
  }

  @Test
  void whatDoctorPrintsIsAllThatIsOnStandardOutputAlsoWithoutALocale() {
    Map<String, String> configuration = configuration();
    Migrations.migrate(Configuration.database(Configuration.load(configuration)));
    SERVER.sql(
        database,
        """
        INSERT INTO users (id) VALUES ('zoë@carol.example');
        INSERT INTO user_llm_credentials (user_id, provider, model, api_key_ciphertext)
        VALUES ('zoë@carol.example', 'anthropic', 'm', 'v1.0a1b2c3d.' || repeat('A', 40))
        """);
    configuration.put("lc.all", "C");
    configuration.put("carol.encryption.key", PASSWORD);
    try (ServiceProcess jar = ServiceProcess.start(configuration, "doctor", "--users", "--json")) {
      assertEquals(2, jar.exitCode(), jar::err);
      JsonNode report = JsonMapper.shared().readTree(jar.out());
      assertEquals("malformed", report.path("state").asString());
      assertEquals("zoë@carol.example", report.at("/users/0/id").asString());
      assertFalse((jar.out() + jar.err()).contains(PASSWORD));
    }
  }

  /** With the log at its most talkative. */
  @Test
  void noLogLevelWritesKeysTokensOrWhatIsStored() throws InterruptedException {
    Map<String, String> configuration = configuration();
    String key = "sk-canary-" + PASSWORD;
    String token = TestService.identity().token("ada");
    configuration.put("carol.log.level", "trace");
    try (ServiceProcess jar = ServiceProcess.start(configuration)) {
      jar.awaitReady();
      Api api = new Api(jar.port(), token);
      String body = "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"" + key + "\"}";
      assertEquals(201, api.put(body).status());
      assertEquals(200, api.get().status());
      String sealed =
          SERVER.sqlValue(database, "SELECT api_key_ciphertext FROM user_llm_credentials");
      jar.terminate();
      assertEquals(OK, jar.exitCode());
      assertTrue(jar.err().contains("status=201"), jar::err);
      for (String secret :
          List.of(key, sealed, token, configuration.get("carol.encryption.key"), PASSWORD)) {
        assertFalse(jar.err().contains(secret), jar::err);
      }
    }
  }

  /** With the log as it is in production. */
  @Test
  void anOutageIsTwoLinesHoweverLongAndHoweverManyNotice() throws Exception {
    Map<String, String> configuration = configuration();
    try (TcpProxy network = new TcpProxy(SERVER.port())) {
      network.swallowEverything();
      configuration.put(
          "carol.database.url",
          SERVER.url(database).replace(":" + SERVER.port(), ":" + network.port()));
      try (ServiceProcess jar = ServiceProcess.start(configuration)) {
        Api api = new Api(jar.port(), TestService.identity().token("ada"));
        Api observe = new Api(jar.observePort(), null);
        TestService.await("it listens", () -> jar.err().contains("Listening on port"));
        for (int i = 0; i < 3; i++) {
          assertEquals("database_unavailable", api.get().code());
          assertEquals(503, observe.send("GET", "/observe/health/ready", null).status());
        }
        network.letNewConnectionsThrough();
        jar.awaitReady();
        Set<String> expected =
            Set.of(
                "Listening on port",
                "The database cannot be used",
                "The search path had no table users",
                "Migrations run on the database: 8",
                "Encryption keys: ",
                "key set of the identity provider",
                "is one of this database's keys",
                "The database can be used again");
        TestService.await(
            "everything is said",
            () ->
                observe.send("GET", "/observe/health/ready", null).status() == 200
                    && api.get().status() == 404
                    && expected.stream().allMatch(jar.err()::contains));
        List<String> beside =
            jar.err().lines().filter(line -> !line.contains("io.carol.llm.access")).toList();
        assertEquals(expected.size(), beside.size(), jar::err);
        assertFalse(jar.err().contains(PASSWORD));
      }
    }
  }

  private static List<String> stackTraces(ServiceProcess jar) {
    return jar.err().lines().filter(line -> line.startsWith("\t")).toList();
  }
}
