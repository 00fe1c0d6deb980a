package io.carol.llm.keys;

import static io.carol.llm.keys.KeyTestDatabase.kid;
import static io.carol.llm.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Which encryption keys belong to a database. */
final class KeyRegistryTest {
  private static final String OLD = Secrets.encryptionKey();
  private static final String NEW = Secrets.encryptionKey();
  private static final String WRONG = Secrets.encryptionKey();

  @AutoClose private final KeyTestDatabase database = new KeyTestDatabase();

  @Nested
  final class Registers {
    @Test
    void theFirstKeyOfAnEmptyDatabaseAndNoOther() {
      assertEquals(KeyState.OK, database.register(OLD));
      assertEquals(KeyState.FOREIGN, database.register(WRONG));
      assertEquals(KeyState.OK, database.register(OLD));
      assertEquals(kid(OLD), registered());
    }

    @Test
    void theKeyOfOneReplicaWhenSeveralComeFirstAtOnce() {
      List<KeyState> states = Together.run(8, i -> database.register(Secrets.encryptionKey()));
      assertEquals(1, states.stream().filter(KeyState.OK::equals).count(), states::toString);
      assertEquals(7, states.stream().filter(KeyState.FOREIGN::equals).count());
    }

    @Test
    void everyKeyThatIsConfiguredTogetherWithAKnownOne() {
      assertEquals(KeyState.OK, database.register(OLD));
      assertEquals(KeyState.OK, database.register(OLD, NEW), "first step of a rotation");
      assertEquals(KeyState.OK, database.register(NEW), "a replica that skips the second step");
      assertEquals(KeyState.OK, database.register(OLD), "one that goes all the way back");
      assertEquals(kid(OLD) + " " + kid(NEW), registered());
    }

    @Test
    void nothingForAKeyThatOnlyHasTheIdOfAKnownOne() {
      assertEquals(KeyState.OK, database.register(OLD));
      database.sql(
          "UPDATE llm_encryption_keys SET check_value = 'v1.%s.%s'"
              .formatted(kid(OLD), "A".repeat(75)));
      assertEquals(KeyState.FOREIGN, database.register(OLD));
      assertEquals(KeyState.FOREIGN, database.register(NEW, OLD));
    }

    @Test
    void theKeyOfWhatIsSealedWhereNoneIsRegistered() {
      database.store("anna", "sk-1", OLD);
      database.sql("DELETE FROM llm_encryption_keys");
      assertEquals(KeyState.FOREIGN, database.register(WRONG));
      assertEquals(KeyState.OK, database.register(NEW, OLD));
      assertEquals(kid(NEW) + " " + kid(OLD), registered());
    }

    @Test
    void neitherARetiredKeyNorAnotherOneThatComesWithIt() {
      assertEquals(KeyState.OK, database.register(OLD, NEW));
      database.sql(
          "UPDATE llm_encryption_keys SET retired_at = now() WHERE kid = '" + kid(OLD) + "'");
      assertEquals(KeyState.RETIRED, database.register(OLD));
      assertEquals(KeyState.RETIRED, database.register(OLD, NEW));
      assertEquals(KeyState.FOREIGN, database.register(WRONG, OLD));
      assertEquals(KeyState.OK, database.register(NEW, OLD));
    }

    @Test
    void nothingWithoutAKeyToSealWith() {
      assertFails(Reason.KEY_MISSING, () -> database.register(""));
      assertFails(Reason.KEY_MALFORMED, () -> database.register("no key"));
      assertEquals("none", registered());
    }

    private String registered() {
      String kids =
          database.sqlValue(
              "SELECT string_agg(kid, ' ' ORDER BY created_at) FROM llm_encryption_keys");
      return kids.equals("null") ? "none" : kids;
    }
  }

  @Nested
  final class Accepts {
    @Test
    void anyKeyWhenTheOperatorSaysSo() {
      assertEquals(KeyState.OK, database.register(OLD));
      database.registry(WRONG).accept();
      assertEquals(KeyState.OK, database.register(WRONG));
      assertEquals(KeyState.OK, database.register(OLD));
    }

    @Test
    void aRetiredKeyBack() {
      assertEquals(KeyState.OK, database.register(OLD, NEW));
      database.sql("UPDATE llm_encryption_keys SET retired_at = now()");
      assertEquals(KeyState.RETIRED, database.register(OLD));
      database.registry(OLD).accept();
      assertEquals(KeyState.OK, database.register(OLD));
      assertEquals(KeyState.RETIRED, database.register(NEW));
    }
  }

  @Nested
  final class Status {
    private void await(KeyState state, KeyRegistry registry) {
      TestService.await("the state is " + state, () -> registry.status().state() == state);
    }

    @Test
    void isWhatTheDatabaseSaysOfTheSealingKey() {
      await(KeyState.OK, database.registry(OLD));
      KeyRegistry foreign = database.registry(WRONG);
      await(KeyState.FOREIGN, foreign);
      assertTrue(
          foreign.status().remarks().getFirst().contains(kid(WRONG) + " is not one of"),
          () -> foreign.status().toString());
      database.sql("UPDATE llm_encryption_keys SET retired_at = now()");
      KeyRegistry retired = database.registry(OLD);
      await(KeyState.RETIRED, retired);
      assertTrue(
          retired.status().remarks().getFirst().contains(kid(OLD) + " is retired"),
          () -> retired.status().toString());
    }

    @Test
    void isKnownWithoutTheDatabaseWhenThereIsNoSealingKey() {
      database.close();
      assertEquals(KeyState.MISSING, database.registry("").status().state());
      KeyStatus malformed = database.registry("no key", "no key either").status();
      assertEquals(KeyState.MALFORMED, malformed.state());
      assertEquals(2, malformed.remarks().size(), malformed::toString);
    }

    @Test
    void namesAProblemBesideAKeyThatIsRight() {
      KeyRegistry registry = database.registry(OLD, "no key");
      await(KeyState.OK, registry);
      assertEquals(1, registry.status().remarks().size());
    }

    /** A scrape asks six times. */
    @Test
    void doesNotWaitForTheDatabase() throws SQLException {
      KeyRegistry registry = database.registry(OLD);
      locked(
          "ACCESS EXCLUSIVE",
          () -> {
            for (int i = 0; i < 1_000; i++) {
              assertEquals(KeyState.UNKNOWN, registry.status().state());
            }
            assertTrue(
                database.waitingForLocks() <= 1, "more than one statement waits for the table");
          });
      await(KeyState.OK, registry);
    }

    /** Does something while another database client holds the lock of this mode. */
    private void locked(String mode, Runnable action) throws SQLException {
      try (Connection other = database.dataSource().getConnection();
          Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        statement.execute("LOCK TABLE llm_encryption_keys IN " + mode + " MODE");
        action.run();
      }
    }

    @Test
    void ofAForeignKeyIsFoundWithoutALock() throws SQLException {
      assertEquals(KeyState.OK, database.register(OLD));
      locked("ROW EXCLUSIVE", () -> assertEquals(KeyState.FOREIGN, database.register(WRONG)));
    }

    @Test
    void ofAKeyThatSealedNoStoredRowIsFoundForeignWithoutALock() throws SQLException {
      database.store("ada", "sk-1", OLD);
      database.sql("DELETE FROM llm_encryption_keys");
      locked("ROW EXCLUSIVE", () -> assertEquals(KeyState.FOREIGN, database.register(WRONG)));
    }

    /** Without a second call of status, as where no probe comes. */
    @Test
    void isFoundAnewAtOnceWhenTheTablesHaveCome() {
      database.sql("ALTER TABLE llm_encryption_keys RENAME TO later");
      KeyRegistry registry = database.registry(OLD);
      assertEquals(KeyState.UNKNOWN, registry.status().state());
      TestService.await(
          "the registry has asked in vain",
          () -> database.database.failures(DatabaseUnavailableException.Reason.NOT_MIGRATED) > 0);
      database.sql("ALTER TABLE later RENAME TO llm_encryption_keys");
      registry.findAnew();
      TestService.await(
          "the key is registered",
          () -> database.sqlValue("SELECT count(*) FROM llm_encryption_keys").equals("1"));
    }

    @Test
    void staysAsItWasLastFoundWhileTheDatabaseIsAway() {
      KeyRegistry registry = database.registry(OLD);
      await(KeyState.OK, registry);
      Postgres server = TestService.postgres();
      // Two statements: before the first is committed, the pool could connect again.
      server.sql("postgres", "ALTER DATABASE %s ALLOW_CONNECTIONS false".formatted(database.name));
      server.sql(
          "postgres",
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"
              .formatted(database.name));
      TestService.await(
          "the registry has asked twice in vain",
          () -> {
            assertEquals(KeyState.OK, registry.status().state());
            return database.database.failures(DatabaseUnavailableException.Reason.UNREACHABLE) > 1;
          });
    }
  }
}
