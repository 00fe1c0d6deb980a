package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.DatabaseConfig;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service whose role lacks a privilege when it starts, and gets it later. */
@Timeout(120)
final class MissingPrivilegesTest {
  private static final Postgres SERVER = TestService.postgres();

  private final String database = TestService.newDatabase();
  private final String role = database + "_guest";
  private final Map<String, String> asGuest = Map.of("carol.database.user", role);

  private DatabaseConfig config() {
    return TestService.databaseConfig(database, Map.of());
  }

  private void sql(String sql) {
    SERVER.sql(database, sql);
  }

  @Test
  void theRoleIsToldWhatItLacksForAnUpgrade() {
    Migrations.migrate(config());
    sql(
        "DROP TABLE user_llm_usage; DELETE FROM carol_llm_schema_history WHERE version >= '028';"
            + "CREATE ROLE %1$s LOGIN; GRANT SELECT ON carol_llm_schema_history TO %1$s"
                .formatted(role));
    String message =
        assertThrows(
                MigrationFailedException.class,
                () -> Migrations.migrate(TestService.databaseConfig(database, asGuest)))
            .getMessage();
    assertTrue(
        String.valueOf(message).matches(".*ERROR: permission denied for .* Give the role CREATE.*"),
        message);
  }

  @Test
  void whatIsMissingIsNamedByReadinessAndInTheLogUntilItIsGranted() {
    sql("CREATE ROLE " + role + " LOGIN");
    try (LogCapture log = new LogCapture();
        TestService service = TestService.launch(SERVER, database, asGuest)) {
      TestService.await(
          "the failure is in the log", () -> log.text().contains("may not make tables"));
      assertEquals(200, service.observe("/observe/health/live").status());
      Reply ready = service.observe("/observe/health/ready");
      assertEquals(503, ready.status());
      assertTrue(ready.body().contains("\"state\":\"not migrated\""), ready::body);
      assertTrue(ready.body().contains("may not make tables in schema public"), ready::body);
      assertEquals("database_unavailable", service.as("ada").get().code());
      assertEquals(
          "WARN io.carol.llm.database.StartupTask The database could not be migrated: the"
              + " role may not make tables in schema public. Give the role CREATE on the"
              + " schema, or run the command migrate as the role that has it and owns the"
              + " tables. The service tries again every 5 s",
          log.onlyEvent("io.carol.llm.database"));

      Migrations.migrate(config());
      sql(
          "GRANT SELECT ON users, llm_encryption_keys TO %1$s;".formatted(role)
              + "GRANT SELECT, INSERT, UPDATE ON user_llm_credentials, user_llm_usage TO "
              + role);
      String missing =
          "DELETE on user_llm_credentials, INSERT on llm_encryption_keys, UPDATE on"
              + " llm_encryption_keys";
      TestService.await("the lack is in the log", () -> log.text().contains(missing));
      ready = service.observe("/observe/health/ready");
      assertEquals(503, ready.status());
      assertTrue(ready.body().contains("permission denied"), ready::body);
      assertTrue(ready.body().contains(missing), ready::body);
      Reply refused = service.as("ada").delete();
      assertEquals("database_unavailable", refused.code());
      assertTrue(refused.text("detail").contains("The operator finds"), refused::toString);
      assertFalse(log.eventsWith("permission denied for table user_llm_credentials").isEmpty());

      sql(
          "GRANT DELETE ON user_llm_credentials TO %1$s;".formatted(role)
              + "GRANT INSERT, UPDATE ON llm_encryption_keys TO "
              + role);
      service.awaitReady();
      assertEquals(1, log.linesWith("every table is there").size());
      assertEquals(1, log.eventsWith("may not make tables").size(), log::text);
      assertEquals(List.of(), log.eventsWith("flyway"));
    }
  }
}
