package io.carol.llm.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.database.Database;
import io.carol.llm.database.Migrations;
import io.carol.llm.keys.KeyReport.Report;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.ModelName;
import io.carol.llm.settings.Preconditions;
import io.carol.llm.settings.Provider;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Which encryption keys belong to a database, and what the doctor says of them. */
final class KeyRegistryTest {
  private static final String OLD = Secrets.encryptionKey();
  private static final String NEW = Secrets.encryptionKey();
  private static final String WRONG = Secrets.encryptionKey();

  private final String name = TestService.newDatabase();
  private final Database database = Database.open(Configuration.database(config("")));

  @BeforeEach
  void migrate() {
    Migrations.migrate(Configuration.database(config("")));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Config config(String sealing, String... previous) {
    Map<String, String> values = new HashMap<>();
    values.put("carol.encryption.key", sealing);
    values.put("carol.encryption.keys.previous", String.join(",", previous));
    return Configuration.load(TestService.configuration(name, values));
  }

  private KeyState state(String sealing, String... previous) {
    return inventory(sealing, previous).check().state();
  }

  private KeyRegistry inventory(String sealing, String... previous) {
    return new KeyRegistry(database, new KeyRingProvider(encryption(sealing, previous)));
  }

  private Config encryption(String sealing, String... previous) {
    return config(sealing, previous).get("carol.encryption");
  }

  private Report examine(String sealing, String... previous) throws InterruptedException {
    return new KeyReport(database, new KeyRingProvider(encryption(sealing, previous))).examine();
  }

  /** Stores a key for somebody, as the service would. */
  private void store(String userId, String sealing, String... previous) {
    LlmSettingsService credentials =
        new LlmSettingsService(
            database,
            new KeyRingProvider(encryption(sealing, previous)),
            TestPolicy.ALL_HOSTS,
            true,
            new SimpleMeterRegistry());
    credentials.save(
        userId,
        new LlmSettings(Provider.ANTHROPIC, new ModelName("m"), null),
        new KeyChange.Replace(ApiKey.of("sk-1")),
        Preconditions.NONE);
  }

  private static String kid(String key) {
    return EncryptionKey.parse("TEST", key).kid();
  }

  private static KeyReport.Key key(Report report, String key) {
    return report.keys().stream()
        .filter(each -> each.kid().equals(kid(key)))
        .findFirst()
        .orElseThrow();
  }

  @Nested
  final class Belonging {
    @Test
    void theFirstKeyOfAnEmptyDatabaseIsItsKeyAndAnyOtherIsForeign() {
      assertEquals(KeyState.OK, state(OLD));
      assertEquals(KeyState.FOREIGN, state(WRONG));
      assertEquals(KeyState.OK, state(OLD));
    }

    @Test
    void ofManyThatComeFirstAtOnceOneWins() throws Exception {
      List<Callable<KeyState>> replicas = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        String own = Secrets.encryptionKey();
        replicas.add(() -> state(own));
      }
      try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
        List<KeyState> states = new ArrayList<>();
        for (Future<KeyState> replica : executor.invokeAll(replicas)) {
          states.add(replica.get());
        }
        assertEquals(1, states.stream().filter(KeyState.OK::equals).count(), states::toString);
        assertEquals(7, states.stream().filter(KeyState.FOREIGN::equals).count());
      }
    }

    @Test
    void aNewKeyIsBroughtInByOneThatIsKnown() {
      assertEquals(KeyState.OK, state(OLD));
      assertEquals(KeyState.OK, state(OLD, NEW), "first step of a rotation");
      assertEquals(KeyState.FOREIGN, state(NEW), "only opening does not bring it in");
      assertEquals(KeyState.OK, state(NEW, OLD), "second step");
      assertEquals(KeyState.OK, state(NEW), "last step");
      assertEquals(KeyState.OK, state(OLD), "and all the way back");
    }

    @Test
    void aKnownKeyBringsNothingInByItsIdAlone() {
      assertEquals(KeyState.OK, state(OLD));
      TestService.postgres()
          .sql(
              name,
              "UPDATE llm_encryption_keys SET check_value = 'v1."
                  + kid(OLD)
                  + "."
                  + "A".repeat(75)
                  + "'");
      assertEquals(KeyState.FOREIGN, state(OLD));
      assertEquals(KeyState.FOREIGN, state(NEW, OLD));
    }

    @Test
    void whatIsSealedAlreadyDecidesWhereNoKeyIsListedYet() {
      store("anna", OLD);
      assertEquals(KeyState.FOREIGN, state(WRONG));
      assertEquals(KeyState.OK, state(NEW, OLD));
    }

    @Test
    void theWrongKeyIsTakenWhenSomebodySaysSo() {
      assertEquals(KeyState.OK, state(OLD));
      inventory(NEW).accept();
      assertEquals(KeyState.OK, state(NEW));
    }

    @Test
    void withoutATableNothingIsKnown() {
      TestService.postgres().sql(name, "DROP TABLE llm_encryption_keys");
      assertEquals(KeyState.UNKNOWN, state(OLD));
    }

    @Test
    void noKeyAndNoKeyAtAllAreToldApart() {
      assertEquals(KeyState.MISSING, state(""));
      assertEquals(KeyState.MALFORMED, state("not a key"));
    }

    @Test
    void aDatabaseThatIsReplacedByAnotherIsNoticed() {
      KeyRegistry inventory = inventory(OLD);
      assertEquals(KeyState.OK, inventory.check().state());
      inventory.tell();
      TestService.postgres().sql(name, "DELETE FROM llm_encryption_keys");
      assertEquals(KeyState.OK, state(WRONG));
      inventory.tell();
      assertEquals(KeyState.FOREIGN, inventory.check().state());
    }
  }

  @Nested
  final class Diagnosis {
    @Test
    void anEmptyDatabaseWithItsKeyIsHealthy() throws Exception {
      Report report = examine(OLD);
      assertTrue(report.isHealthy());
      assertFalse(report.rewrapIsDue());
      assertEquals(1, report.keys().size());
    }

    @Test
    void rowsAreCountedByKeyAlsoWhenThereAreMoreThanFitOneStatement() throws Exception {
      assertEquals(KeyState.OK, state(OLD));
      store("anna", OLD);
      TestService.postgres()
          .sql(
              name,
              "INSERT INTO users (id) SELECT 'u' || g FROM generate_series(1, 25000) g;"
                  + " INSERT INTO user_llm_credentials (user_id, provider, model,"
                  + " api_key_ciphertext) SELECT 'u' || g, 'anthropic', 'm', CASE WHEN g % 5 > 0"
                  + " THEN (SELECT api_key_ciphertext FROM user_llm_credentials) END"
                  + " FROM generate_series(1, 25000) g");
      assertEquals(20_001, key(examine(OLD), OLD).rows());
    }

    @Test
    void aKeyThatIsNotHereIsMissed() throws Exception {
      assertEquals(KeyState.OK, state(OLD));
      store("anna", OLD);
      assertEquals(KeyState.OK, state(NEW, OLD));
      store("bob", NEW, OLD);
      Report report = examine(NEW);
      assertFalse(report.isHealthy());
      assertEquals("false false 1", seen(key(report, OLD)));
      assertEquals("true true 1", seen(key(report, NEW)));
    }

    @Test
    void aKeyThatAReplicaSealsWithAndIsNotHereIsMissedBeforeAnythingIsStored() throws Exception {
      assertEquals(KeyState.OK, state(OLD));
      assertEquals(KeyState.OK, state(NEW, OLD));
      assertFalse(examine(OLD).isHealthy());
      TestService.postgres()
          .sql(name, "UPDATE llm_encryption_keys SET sealing_at = now() - interval '2 minutes'");
      assertTrue(examine(OLD).isHealthy());
    }

    @Test
    void aRotationUnderWayIsHealthyAndNotDone() throws Exception {
      assertEquals(KeyState.OK, state(OLD));
      store("anna", OLD);
      Report report = examine(NEW, OLD);
      assertTrue(report.isHealthy());
      assertTrue(report.rewrapIsDue());
      assertFalse(key(report, OLD).safeToRemove());
    }

    @Test
    void anOldKeyMayGoWhenNothingIsSealedWithItAndNobodySealsWithIt() throws Exception {
      assertEquals(KeyState.OK, state(OLD));
      inventory(OLD).tell();
      assertFalse(key(examine(NEW, OLD), OLD).safeToRemove(), "a replica has just used it");
      TestService.postgres()
          .sql(name, "UPDATE llm_encryption_keys SET sealing_at = now() - interval '2 minutes'");
      assertTrue(key(examine(NEW, OLD), OLD).safeToRemove());
      assertFalse(key(examine(NEW, OLD), NEW).safeToRemove(), "it is the sealing key");
    }

    @Test
    void anOldKeyStaysWhenAReplicaSealsWithItBehindTheBackOfTheCount() throws Exception {
      assertEquals(KeyState.OK, state(OLD));
      TestService.postgres()
          .sql(name, "UPDATE llm_encryption_keys SET sealing_at = now() - interval '2 minutes'");
      try (ExecutorService doctor = Executors.newSingleThreadExecutor();
          Connection other = TestService.postgres().dataSource(name).getConnection();
          Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        statement.execute("LOCK TABLE user_llm_credentials IN ACCESS EXCLUSIVE MODE");
        Future<Report> report = doctor.submit(() -> examine(NEW, OLD));
        TestService.await("the doctor counts", this::somebodyWaitsForTheRows);
        inventory(OLD).tell();
        other.commit();
        assertFalse(key(report.get(), OLD).safeToRemove());
      }
    }

    private boolean somebodyWaitsForTheRows() {
      return TestService.postgres()
          .sqlValue(
              name,
              "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
                  + " AND relation = CAST('user_llm_credentials' AS regclass))")
          .equals("t");
    }

    @Test
    void whatIsSealedWithAKeyThatIsNotListedIsTried() throws Exception {
      store("anna", OLD);
      assertEquals("true true 1", seen(key(examine(OLD), OLD)));
      TestService.postgres().sql(name, "DELETE FROM llm_encryption_keys");
      store("bob", WRONG);
      Report report = examine(OLD);
      assertEquals("false false 1", seen(key(report, WRONG)));
      assertFalse(report.isHealthy());
    }

    @Test
    void withoutAKeyTheReportIsStillThere() throws Exception {
      store("anna", OLD);
      Report report = examine("not a key");
      assertEquals(KeyState.MALFORMED, report.check().state());
      assertEquals("false false 1", seen(key(report, OLD)));
    }

    @Test
    void whatIsSealedIsCountedForLife() throws Exception {
      KeyRegistry inventory = inventory(OLD);
      assertEquals(KeyState.OK, inventory.check().state());
      for (int i = 0; i < 3; i++) {
        inventory.sealed(kid(OLD));
      }
      inventory.tell();
      inventory.sealed(kid(OLD));
      inventory.tell();
      assertEquals(4, key(examine(OLD), OLD).everSealed());
    }

    private static String seen(KeyReport.Key key) {
      return key.configured() + " " + key.opens() + " " + key.rows();
    }
  }
}
