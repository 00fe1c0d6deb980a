package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema on every database it may meet. */
final class MigrationsTest {
  private static final Postgres SERVER = TestService.postgres();
  private static final String PUT =
      """
      {"provider":"anthropic","model":"m","apiKey":"sk-migrated"}
      """;

  private final String database = TestService.newDatabase();

  private static Config config(String database, Map<String, String> overrides) {
    return Configuration.load(TestService.configuration(database, overrides)).get("carol.database");
  }

  private int migrate() {
    return Migrations.migrate(config(database, Map.of()));
  }

  /** How many migrations were run in all. */
  private int migrateEightTimesAtOnce() throws Exception {
    Callable<Integer> migration = this::migrate;
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      int executed = 0;
      for (Future<Integer> each : executor.invokeAll(Collections.nCopies(8, migration))) {
        executed += each.get();
      }
      return executed;
    }
  }

  /** What Flyway wrote down, oldest first. */
  private String history() {
    return SERVER.sqlValue(
        database,
        "SELECT string_agg(version || ' ' || type, ', ' ORDER BY installed_rank)"
            + " FROM flyway_schema_history");
  }

  @Test
  void theVersionTheCodeAsksForIsTheNewestMigration() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("sql/migrations"))) {
      List<String> versions =
          files
              .map(file -> Pattern.compile("V([0-9]{3})__.+\\.sql").matcher(name(file)))
              .filter(Matcher::matches)
              .map(file -> file.group(1))
              .sorted()
              .toList();
      assertEquals(Migrations.VERSION, versions.getLast());
    }
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  /** The one line this room has logged, without the time. */
  private static String onlyLine(LogCapture log) {
    List<String> records = log.eventsWith("io.carol.llm.database");
    assertEquals(1, records.size(), records::toString);
    return records.getFirst().strip().replaceFirst("^\\S+ ", "");
  }

  @Nested
  final class InADatabaseOfItsOwn {
    @Test
    void everythingIsMade() {
      assertEquals(3, migrate());
      assertEquals("001 SQL, 024 SQL, 025 SQL", history());
      assertEquals("0", SERVER.sqlValue(database, "SELECT count(*) FROM user_llm_credentials"));
    }

    @Test
    void theSecondTimeNothingIsLeftToDoAndNothingIsLost() {
      migrate();
      SERVER.sql(database, "INSERT INTO users (id) VALUES ('before')");
      assertEquals(0, migrate());
      assertEquals("001 SQL, 024 SQL, 025 SQL", history());
      assertEquals("before", SERVER.sqlValue(database, "SELECT id FROM users"));
    }

    @Test
    void manyAtOnceMakeItOnce() throws Exception {
      assertEquals(3, migrateEightTimesAtOnce());
      assertEquals("001 SQL, 024 SQL, 025 SQL", history());
    }

    @Test
    void manyServicesThatStartAtOnceAllGetReady() {
      List<TestService> services = new ArrayList<>();
      try {
        for (int i = 0; i < 4; i++) {
          services.add(TestService.launch(SERVER, database, Map.of()));
        }
        services.forEach(TestService::awaitReady);
      } finally {
        services.forEach(TestService::close);
      }
      assertEquals("001 SQL, 024 SQL, 025 SQL", history());
    }
  }

  @Nested
  final class InCarolsDatabase {
    private void madeByCarol() {
      SERVER.sql(
          database,
          "CREATE TABLE users (id text PRIMARY KEY, email text, joined date DEFAULT now());"
              + "CREATE TABLE conversations (id int PRIMARY KEY, user_id text REFERENCES users);"
              + "INSERT INTO users (id, email) VALUES ('ada', 'ada@carol.example'), ('bob', NULL);"
              + "INSERT INTO conversations VALUES (1, 'ada')");
    }

    private String everythingOfCarols() {
      return SERVER.sqlValue(
          database,
          "SELECT string_agg(u::text, ';' ORDER BY id) || (SELECT string_agg(c::text, ';')"
              + " FROM conversations c) FROM users u");
    }

    @Test
    void onlyWhatIsNewIsAddedAndWhatWasThereStaysAsItIs() {
      madeByCarol();
      String before = everythingOfCarols();
      assertEquals(2, migrate());
      assertEquals("023 BASELINE, 024 SQL, 025 SQL", history());
      assertEquals(before, everythingOfCarols());
      assertEquals(0, migrate());
    }

    @Test
    void manyAtOnceAddItOnce() throws Exception {
      madeByCarol();
      assertEquals(2, migrateEightTimesAtOnce());
      assertEquals("023 BASELINE, 024 SQL, 025 SQL", history());
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void itsUsersCanSaveSettings(String provision) {
      madeByCarol();
      Map<String, String> overrides =
          Map.of(
              "carol.encryption.key", Secrets.encryptionKey(), "carol.users.provision", provision);
      try (TestService service = TestService.start(database, overrides)) {
        assertEquals(201, service.as("ada").put(PUT).status());
        assertEquals(200, service.as("ada").get().status());
        assertEquals(
            provision.equals("true") ? 201 : 403, service.as("stranger").put(PUT).status());
      }
      assertEquals(
          provision.equals("true") ? "3" : "2",
          SERVER.sqlValue(database, "SELECT count(*) FROM users"));
    }

    @Test
    void deletingAUserDeletesTheirSettings() {
      madeByCarol();
      Map<String, String> key = Map.of("carol.encryption.key", Secrets.encryptionKey());
      try (TestService service = TestService.start(database, key)) {
        service.as("bob").put(PUT);
        service.sql("DELETE FROM users WHERE id = 'bob'");
        assertEquals(404, service.as("bob").get().status());
      }
      assertEquals("0", SERVER.sqlValue(database, "SELECT count(*) FROM user_llm_credentials"));
    }
  }

  @Nested
  final class InADatabaseThatIsNotCarolsYet {
    @Test
    void theServiceSaysOnceWhatIsMissingAndWorksAsSoonAsItIsThere() {
      SERVER.sql(database, "CREATE TABLE something_else (id int)");
      try (LogCapture log = new LogCapture();
          TestService service = TestService.launch(SERVER, database, Map.of())) {
        TestService.await("the failure is in the log", () -> !log.eventsWith("users").isEmpty());
        assertEquals(200, service.observe("/observe/health/live").status());
        Reply ready = service.observe("/observe/health/ready");
        assertEquals(503, ready.status());
        assertTrue(ready.body().contains("not migrated yet"), ready::body);
        assertEquals("database_unavailable", service.as("ada").get().code());
        // Each attempt fails once. Enough of them for a second line, if there were one.
        long failed = failedTransactions();
        TestService.await("further attempts", () -> failedTransactions() >= failed + 4);
        assertEquals(
            "WARNING io.carol.llm.database.MigrationTask The database could not be migrated:"
                + " ERROR: relation \"users\" does not exist; trying again until it can",
            onlyLine(log));

        SERVER.sql(database, "CREATE TABLE users (id text PRIMARY KEY)");
        service.awaitReady();
        assertEquals(404, service.as("ada").get().status());
      }
      assertEquals("023 BASELINE, 024 SQL, 025 SQL", history());
    }

    private long failedTransactions() {
      return Long.parseLong(
          SERVER.sqlValue(
              database,
              "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"));
    }
  }

  @Nested
  final class InADatabaseThatIsNewer {
    @Test
    void theServiceWorksAndMigrateLeavesItAlone() {
      migrate();
      SERVER.sql(
          database,
          "ALTER TABLE user_llm_credentials ADD COLUMN invented_later text;"
              + "INSERT INTO flyway_schema_history (installed_rank, version, description, type,"
              + " script, installed_by, execution_time, success)"
              + " VALUES (4, '026', 'later', 'SQL', 'V026__later.sql', 'x', 1, true)");
      assertEquals(0, migrate());
      Map<String, String> key = Map.of("carol.encryption.key", Secrets.encryptionKey());
      try (TestService service = TestService.start(database, key)) {
        assertEquals(201, service.as("ada").put(PUT).status());
        assertEquals(200, service.as("ada").get().status());
      }
      assertEquals("001 SQL, 024 SQL, 025 SQL, 026 SQL", history());
    }
  }

  @Nested
  final class WithoutTheRightToMakeTables {
    private final String role = database + "_guest";
    private final Map<String, String> asGuest = Map.of("carol.database.user", role);

    @Test
    void theServiceIsUpNotReadySaysWhyOnceAndRecoversWhenTheRightsCome() {
      SERVER.sql(database, "CREATE ROLE " + role + " LOGIN");
      try (LogCapture log = new LogCapture();
          TestService service = TestService.launch(SERVER, database, asGuest)) {
        TestService.await(
            "the failure is in the log", () -> !log.eventsWith("permission").isEmpty());
        assertEquals(200, service.observe("/observe/health/live").status());
        assertEquals(503, service.observe("/observe/health/ready").status());
        assertTrue(service.observe("/observe/health/ready").body().contains("not migrated yet"));
        assertEquals("database_unavailable", service.as("ada").get().code());
        assertEquals(
            "WARNING io.carol.llm.database.MigrationTask The database could not be migrated:"
                + " ERROR: permission denied for schema public; trying again until it can",
            onlyLine(log));

        SERVER.sql(database, "GRANT CREATE ON SCHEMA public TO " + role);
        service.awaitReady();
        assertEquals(404, service.as("ada").get().status());
      }
    }

    @Test
    void rightsOnTheTablesAreEnoughWhenSomebodyElseMadeThem() {
      migrate();
      SERVER.sql(
          database,
          "CREATE ROLE %s LOGIN; GRANT SELECT ON flyway_schema_history TO %s;".formatted(role, role)
              + "GRANT SELECT, INSERT ON users TO %s;".formatted(role)
              + "GRANT SELECT, INSERT, UPDATE, DELETE ON user_llm_credentials TO %s"
                  .formatted(role));
      try (TestService service = TestService.start(database, asGuest)) {
        String keyless = "{\"provider\":\"anthropic\",\"model\":\"m\"}";
        assertEquals(201, service.as("ada").put(keyless).status());
        assertEquals(200, service.as("ada").put(keyless).status());
        assertEquals(204, service.as("ada").delete().status());
      }
    }

    @Test
    void missingRightsOnTheTablesAreUnavailabilityWithTheReasonInTheLog() {
      migrate();
      SERVER.sql(database, "CREATE ROLE " + role + " LOGIN");
      try (LogCapture log = new LogCapture();
          TestService service = TestService.launch(SERVER, database, asGuest)) {
        assertEquals("database_unavailable", service.as("ada").get().code());
        assertEquals(503, service.observe("/observe/health/ready").status());
        assertFalse(log.eventsWith("permission denied for table").isEmpty());
      }
    }
  }
}
