package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A database that is configured wrongly: one line says what is wrong, and no secret. */
final class ConnectionProblemsTest {
  private static final String PASSWORD = "geheim-0b7e";
  private static final Postgres SERVER = TestService.postgres();
  private static final String DATABASE = TestService.newDatabase();

  @BeforeAll
  static void createUser() throws IOException {
    SERVER.createUser("guarded", "right");
    SERVER.sql(DATABASE, "GRANT CREATE ON SCHEMA public TO guarded");
  }

  private static Map<String, String> guarded() {
    Map<String, String> values = new HashMap<>();
    values.put("carol.database.user", "guarded");
    values.put("carol.database.password", PASSWORD);
    return values;
  }

  private static Map<String, String> at(String url) {
    Map<String, String> values = guarded();
    values.put("carol.database.url", url);
    return values;
  }

  record Problem(String name, Map<String, String> overrides, String reason) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Problem> problems() {
    Map<String, String> noPassword = guarded();
    noPassword.remove("carol.database.password");
    Map<String, String> unknownUser = guarded();
    unknownUser.put("carol.database.user", "nobody");
    Map<String, String> inTheAddress =
        at(SERVER.url(DATABASE) + "?user=guarded&password=" + PASSWORD);
    inTheAddress.remove("carol.database.user");
    inTheAddress.remove("carol.database.password");
    return Stream.of(
        new Problem(
            "wrong password",
            guarded(),
            "FATAL: password authentication failed for user \"guarded\""),
        new Problem(
            "wrong password in the address",
            inTheAddress,
            "FATAL: password authentication failed for user \"guarded\""),
        new Problem("no password", noPassword, "no password was provided"),
        new Problem("unknown user", unknownUser, "FATAL: role \"nobody\" does not exist"),
        new Problem(
            "unknown database",
            Map.of("carol.database.url", SERVER.url("nowhere")),
            "FATAL: database \"nowhere\" does not exist"),
        new Problem(
            "no server on the port",
            at("jdbc:postgresql://localhost:1/x?sslpassword=" + PASSWORD),
            "Connection to localhost:1 refused"),
        new Problem(
            "unknown host",
            at("jdbc:postgresql://db.invalid/x?sslpassword=" + PASSWORD),
            "java.net.UnknownHostException: db.invalid"),
        new Problem(
            "wrong parameter",
            at(SERVER.url(DATABASE) + "?socketTimeout=soon&sslpassword=" + PASSWORD),
            "socketTimeout"));
  }

  /** What the log says of every other problem: migrate says the same. */
  @Test
  void theServiceStartsRefusesSaysWhyInOneLineAndWorksOnceThePasswordIsPutRightOnTheServer() {
    try (LogCapture log = new LogCapture();
        TestService service = TestService.launch(SERVER, DATABASE, guarded())) {
      assertEquals("database_unavailable", service.as("ada").get().code());
      assertEquals(503, service.observe("/observe/health/ready").status());
      assertEquals(200, service.observe("/observe/health/live").status());
      List<String> records = log.eventsWith("io.carol.llm.database");
      assertEquals(1, records.size(), records::toString);
      assertTrue(
          records.getFirst().contains("FATAL: password authentication failed for user \"guarded\""),
          records::toString);
      assertEquals(List.of(), log.eventsWith("com.zaxxer"));
      SERVER.sql(DATABASE, "ALTER ROLE guarded PASSWORD '" + PASSWORD + "'");
      service.awaitReady();
      assertEquals(404, service.as("ada").get().status());
      assertEquals(List.of(), log.eventsWith("\n\t"), "stack traces");
      assertEquals(List.of(), log.eventsWith(PASSWORD));
    } finally {
      SERVER.sql(DATABASE, "ALTER ROLE guarded PASSWORD 'right'");
    }
  }

  /** At once, because each tries for several seconds. */
  @TestFactory
  Stream<DynamicTest> migrateSaysWhyInOneLine() {
    return problems()
        .map(problem -> {
          Future<String> refusal =
              CompletableFuture.supplyAsync(
                  () -> refusalOfMigrate(problem.overrides()), Thread::startVirtualThread);
          return DynamicTest.dynamicTest(
              problem.name(),
              () -> {
                String message = refusal.get(1, TimeUnit.MINUTES);
                assertTrue(message.startsWith("The database could not be migrated: "), message);
                assertTrue(message.contains(problem.reason()), message);
                assertEquals(1, message.lines().count(), message);
                assertFalse(message.contains(PASSWORD), message);
              });
        })
        .toList()
        .stream();
  }

  private static String refusalOfMigrate(Map<String, String> overrides) {
    Map<String, String> values = new HashMap<>();
    values.put("carol.database.url", SERVER.url(DATABASE));
    values.put("carol.database.user", "postgres");
    values.putAll(overrides);
    return String.valueOf(
        assertThrows(
                MigrationFailedException.class,
                () -> Migrations.migrate(Configuration.database(Configuration.load(values))))
            .getMessage());
  }

  @Test
  void aPasswordOfAnyCharactersWorks() throws IOException {
    String user = "user_of_any_characters";
    String password = "${HOME} $(id) `id`  pässwört-€-密码 '\"=&%?#;:\\/@";
    SERVER.createUser(user, password);
    try (Database database =
        Database.open(
            TestService.databaseConfig(
                DATABASE,
                Map.of("carol.database.user", user, "carol.database.password", password)))) {
      String connected =
          database.run(db ->
              db.createGet("SELECT current_user AS name")
                  .execute()
                  .orElseThrow()
                  .column("name")
                  .get(String.class));
      assertEquals(user, connected);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "postgresql://localhost/carol",
        "jdbc:mysql://localhost/carol?password=" + PASSWORD,
        "jdbc:postgresql://localhost:notaport/carol?password=" + PASSWORD,
        "jdbc:postgresql://localhost:99999/carol?password=" + PASSWORD,
        "jdbc:postgresql://localhost/%zz?password=" + PASSWORD
      })
  void anAddressThatIsNotOneOfPostgresIsRefusedWithoutRepeatingIt(String url) {
    ConfigurationException refusal =
        assertThrows(
            ConfigurationException.class,
            () -> Database.open(Configuration.database(Configuration.load(at(url)))));
    assertEquals(
        "CAROL_DATABASE_URL is not a JDBC address of PostgreSQL, such as"
            + " jdbc:postgresql://localhost:5432/carol",
        refusal.getMessage());
  }
}
