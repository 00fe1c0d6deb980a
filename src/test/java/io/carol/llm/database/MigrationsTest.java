package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.config.DatabaseConfig;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The schema in every database it may meet. */
@Timeout(120)
final class MigrationsTest {
  private static final Postgres SERVER = TestService.postgres();
  private static final String ALL = "001, 024, 025, 026, 027, 028, 029, 030";
  private static final String PUT =
      """
      {"provider":"anthropic","model":"m","apiKey":"sk-migrated"}
      """;

  private final String database = TestService.newDatabase();

  private static DatabaseConfig config(String database, Map<String, String> overrides) {
    return TestService.databaseConfig(database, overrides);
  }

  private int migrate() {
    return Migrations.migrate(config(database, Map.of()));
  }

  private String refusal() {
    return String.valueOf(assertThrows(MigrationFailedException.class, this::migrate).getMessage());
  }

  private void sql(String sql) {
    SERVER.sql(database, sql);
  }

  private String value(String sql) {
    return SERVER.sqlValue(database, sql);
  }

  /** The versions that were run by our own history, oldest first. */
  private String history() {
    return value(
        "SELECT string_agg(version, ', ' ORDER BY installed_rank)"
            + " FROM carol_llm_schema_history WHERE type = 'SQL' AND success");
  }

  @Nested
  final class InADatabaseOfItsOwn {
    /** Another program's users may be in a schema that was left out of the search path. */
    @Test
    void everythingIsMadeOnceBesideWhatIsThereAndTheLogSaysThatTheUsersTableIsANewOne() {
      sql(
          "CREATE TABLE monitoring_probe (id int);"
              + "CREATE FUNCTION uptime() RETURNS int LANGUAGE sql AS 'SELECT 1';"
              + "CREATE SCHEMA auth CREATE TABLE users (id int PRIMARY KEY);"
              + "CREATE TABLE flyway_schema_history (version text)");
      try (LogCapture log = new LogCapture()) {
        assertEquals(8, migrate());
        sql("INSERT INTO users (id) VALUES ('before')");
        assertEquals(0, migrate());
        assertEquals(ALL, history());
        assertEquals("before", value("SELECT id FROM users"));
        assertEquals("0", value("SELECT count(*) FROM user_llm_credentials"));
        assertEquals(
            "INFO io.carol.llm.database.Migrations The search path had no table users: there is a"
                + " new one in schema public",
            log.onlyEvent("io.carol.llm.database"));
      }
    }

    @Test
    void manyAtOnceMakeItOnce() {
      assertEquals(8, Together.run(8, i -> migrate()).stream().mapToInt(Integer::intValue).sum());
      assertEquals(ALL, history());
    }
  }

  @Nested
  final class InCarolsDatabase {
    private void madeByCarol() {
      sql(
          "CREATE TABLE users (id text PRIMARY KEY, email text, joined date DEFAULT now());"
              + "CREATE TABLE conversations (id int PRIMARY KEY, user_id text REFERENCES users);"
              + "INSERT INTO users (id, email) VALUES ('ada', 'ada@carol.example'), ('bob', NULL);"
              + "INSERT INTO conversations VALUES (1, 'ada')");
    }

    private String everythingOfCarols() {
      return value(
          "SELECT string_agg(u::text, ';' ORDER BY id) || (SELECT string_agg(c::text, ';')"
              + " FROM conversations c) FROM users u");
    }

    @Test
    void onlyWhatIsNewIsAddedAndWhatWasThereStaysAsItIs() {
      madeByCarol();
      String before = everythingOfCarols();
      assertEquals(7, migrate());
      assertEquals("024, 025, 026, 027, 028, 029, 030", history());
      assertEquals(before, everythingOfCarols());
      assertEquals(0, migrate());
    }

    /** A writer of users that does not end would otherwise hold up all others behind the wait. */
    @Test
    void aUsersTableThatIsBeingWrittenIsNotWaitedForForLong() throws Exception {
      madeByCarol();
      try (Connection writer = writerOfUsers()) {
        MigrationFailedException failure =
            assertThrows(
                MigrationFailedException.class,
                () -> Migrations.migrate(config(database, Map.of()), Duration.ZERO));
        assertEquals(
            "The database could not be migrated: ERROR: canceling statement due to lock timeout."
                + " Another transaction, such as a backup, uses a table that a migration changes:"
                + " pg_stat_activity shows it. Migrate again when it has ended",
            failure.getMessage());
        writer.commit();
      }
      assertEquals(7, migrate());
    }

    @Test
    void theMigrationIsTriedAgainUntilTheOtherTransactionHasEnded() throws Exception {
      madeByCarol();
      try (LogCapture log = new LogCapture();
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
          Connection writer = writerOfUsers()) {
        // For connections from now on. It would end the one that has the lock of the migration,
        // which is idle for 6 s, but not those on which a slow machine runs migrations.
        sql("ALTER DATABASE %s SET idle_in_transaction_session_timeout = 4000".formatted(database));
        Future<Integer> migrations = threads.submit(MigrationsTest.this::migrate);
        TestService.await("the migration waits", () -> log.text().contains("waiting for it"));
        writer.commit();
        assertEquals(7, migrations.get());
      }
    }

    private Connection writerOfUsers() throws SQLException {
      Connection connection = SERVER.dataSource(database).getConnection();
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute("UPDATE users SET email = 'new@carol.example' WHERE id = 'ada'");
      }
      return connection;
    }

    @Test
    void theForeignKeyLeadsToTheUsersThatAreOnTheSearchPath() {
      sql(
          "CREATE SCHEMA \"Carol's schema\" CREATE TABLE users (id text PRIMARY KEY);"
              + "CREATE SCHEMA llm;"
              + "ALTER DATABASE %s SET search_path = llm, \"Carol's schema\"".formatted(database));
      assertEquals(7, migrate());
      assertEquals(
          "llm",
          value("SELECT schemaname FROM pg_tables WHERE tablename = 'user_llm_credentials'"));
      assertEquals("1", value("SELECT count(*) FROM pg_tables WHERE tablename = 'users'"));
      assertEquals(
          "Carol's schema",
          value(
              "SELECT nspname FROM pg_constraint JOIN pg_class ON pg_class.oid = confrelid"
                  + " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
                  + " WHERE conrelid = 'user_llm_credentials'::regclass AND contype = 'f'"));
    }

    @Test
    void anotherProgramsHistoryIsNeitherReadNorWritten() {
      madeByCarol();
      String history =
          "SELECT string_agg(h::text, ';' ORDER BY installed_rank) FROM flyway_schema_history h";
      sql(
          "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version text,"
              + " description text, type text, script text, checksum int, installed_by text,"
              + " installed_on timestamp DEFAULT now(), execution_time int, success boolean);"
              + "INSERT INTO flyway_schema_history SELECT n, n::text, 'x', 'SQL', 'V' || n, n, 'x',"
              + " now(), 1, true FROM generate_series(1, 25) n");
      String before = value(history);
      SERVER.sql(
          database,
          "CREATE ROLE %s_llm LOGIN; GRANT CREATE ON SCHEMA public TO %1$s_llm;".formatted(database)
              + "GRANT REFERENCES, SELECT ON users TO %s_llm".formatted(database));
      assertEquals(
          7,
          Migrations.migrate(config(database, Map.of("carol.database.user", database + "_llm"))));
      assertEquals(before, value(history));
    }
  }

  /** What cannot be attached to is said in one sentence with what was found and what is needed. */
  @Nested
  final class WhereItCannotAttach {
    /** Every kind of table that is not taken: MigrationTargetTest. */
    @Test
    void aViewInPlaceOfTheUsersAndNothingIsMade() {
      sql("CREATE VIEW users AS SELECT 'ada' AS id");
      assertEquals(
          "The database could not be migrated: public.users is a view. Needed is a table users with"
              + " a column id of type text, varchar, uuid, integer or bigint that is the primary key"
              + " or has a unique constraint of its own",
          refusal());
      assertEquals("none", value("SELECT 1 FROM pg_tables WHERE tablename LIKE '%llm%'"));
    }

    @Test
    void anEncodingThatIsNotUtf8() {
      SERVER.sql("postgres", "DROP DATABASE " + database);
      SERVER.sql(
          "postgres",
          "CREATE DATABASE %s ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
              .formatted(database));
      assertEquals(
          "The database could not be migrated: the database is encoded in SQL_ASCII. Needed is a"
              + " database encoded in UTF8",
          refusal());
    }

    @Test
    void aRoleThatMayNotReferToUsers() {
      String role = database + "_owner";
      sql(
          "CREATE TABLE users (id text PRIMARY KEY); CREATE ROLE %1$s LOGIN;".formatted(role)
              + "GRANT CREATE ON SCHEMA public TO "
              + role);
      DatabaseConfig config = config(database, Map.of("carol.database.user", role));
      MigrationFailedException refusal =
          assertThrows(MigrationFailedException.class, () -> Migrations.migrate(config));
      assertEquals(
          "The database could not be migrated: the role may not refer to public.users. Needed is"
              + " GRANT REFERENCES (id) ON public.users",
          refusal.getMessage());
      sql("GRANT REFERENCES (id) ON public.users TO " + role);
      assertEquals(7, Migrations.migrate(config));
    }

    @Test
    void aSearchPathWithoutASchema() {
      sql("ALTER DATABASE %s SET search_path = nowhere".formatted(database));
      assertEquals(
          "The database could not be migrated: the role may use no schema of its search path."
              + " Needed is one it can create tables in",
          refusal());
    }
  }

  @Nested
  final class InADatabaseThatIsNewer {
    @Test
    void theServiceWorksAndMigrateLeavesItAlone() {
      migrate();
      sql(
          "ALTER TABLE user_llm_credentials ADD COLUMN invented_later text;"
              + "INSERT INTO carol_llm_schema_history (installed_rank, version, description, type,"
              + " script, installed_by, execution_time, success)"
              + " VALUES (99, '099', 'later', 'SQL', 'V099__later.sql', 'x', 1, true)");
      assertEquals(0, migrate());
      Map<String, String> key = Map.of("carol.encryption.key", Secrets.encryptionKey());
      try (TestService service = TestService.start(database, key)) {
        assertEquals(201, service.as("ada").put(PUT).status());
        assertEquals(200, service.as("ada").get().status());
      }
      assertEquals(ALL + ", 099", history());
    }
  }

  @Nested
  final class WhileAnotherProcessMigrates {
    @Test
    void waitingIsLoggedOnceAndHasAnEnd() throws Exception {
      try (Connection connection = SERVER.dataSource(database).getConnection();
          Statement other = connection.createStatement();
          LogCapture log = new LogCapture()) {
        connection.setAutoCommit(false);
        other.execute(SqlStatements.text("migration-lock"));
        MigrationFailedException failure =
            assertThrows(
                MigrationFailedException.class,
                () -> Migrations.migrate(config(database, Map.of()), Duration.ofSeconds(1)));
        assertEquals(
            "The database could not be migrated: another process has held the migration lock for"
                + " 1 s. If it hangs, end its connection: pg_locks names it, with locktype"
                + " advisory",
            failure.getMessage());
        assertEquals(1, log.eventsWith("waiting for it to end").size(), log::text);
      }
      assertEquals(8, migrate());
    }
  }
}
