package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.config.DatabaseConfig;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.TestService;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service that starts on a database that is not ready for it, and becomes so. */
@Timeout(120)
final class StartupTaskTest {
  private static final Postgres SERVER = TestService.postgres();

  private final String database = TestService.newDatabase();

  private void sql(String sql) {
    SERVER.sql(database, sql);
  }

  @Test
  void whatFollowsTheMigrationIsTriedAgainAndItsFailureLoggedOnce() {
    AtomicInteger attempts = new AtomicInteger();
    Runnable thirdSucceeds =
        () -> {
          if (attempts.incrementAndGet() < 3) {
            throw new IllegalStateException("a failure of " + database);
          }
        };
    DatabaseConfig config = TestService.databaseConfig(database, Map.of());
    try (LogCapture log = new LogCapture();
        Database opened = Database.open(config);
        StartupTask task = StartupTask.start(opened, config, thirdSucceeds)) {
      TestService.await("the third attempt", () -> attempts.get() == 3);
      assertEquals(1, log.eventsWith("a failure of " + database).size(), log::text);
      TestService.await("the end of the failure", () -> task.failure().isEmpty());
    }
  }

  @Test
  void aDatabaseThatCannotBeMigratedIsAsSoonAsItCan() {
    sql("CREATE VIEW users AS SELECT 'ada' AS id");
    try (LogCapture log = new LogCapture();
        TestService service = TestService.launch(SERVER, database, Map.of())) {
      TestService.await("the failure is in the log", () -> log.text().contains("is a view"));
      sql("DROP VIEW users; CREATE TABLE users (id text PRIMARY KEY)");
      service.awaitReady();
      assertEquals(404, service.as("ada").get().status());
    }
  }

  @Test
  void aBackupFromBeforeAnUpgradeThatIsRestoredUnderAReplicaIsLoggedAndReadinessSaysWhatToDo() {
    try (LogCapture log = new LogCapture();
        TestService service = TestService.start(database, Map.of())) {
      sql("DROP TABLE user_llm_usage");
      TestService.await(
          "readiness says what to do",
          () ->
              service.observe("/observe/health/ready").body().contains("Run the command migrate"));
      assertEquals(200, service.observe("/observe/health/ready").status());
      assertEquals(1, log.eventsWith("\"user_llm_usage\" does not exist").size(), log::text);
    }
  }
}
