package io.carol.llm.keys;

import static io.carol.llm.keys.KeyTestDatabase.kid;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.ModelName;
import io.carol.llm.settings.Outcome;
import io.carol.llm.settings.Preconditions;
import io.carol.llm.settings.Provider;
import io.carol.llm.testing.Secrets;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What the doctor reports. */
final class KeyReportTest {
  private static final String OLD = Secrets.encryptionKey();
  private static final String NEW = Secrets.encryptionKey();
  private static final String WRONG = Secrets.encryptionKey();

  @AutoClose private final KeyTestDatabase database = new KeyTestDatabase();

  private static KeyReport.Key key(KeyReport report, String key) {
    return report.keys().stream()
        .filter(each -> each.kid().equals(kid(key)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anEmptyDatabaseWithItsFirstKeyIsHealthyAndLeftEmpty() {
    KeyReport report = database.report(OLD);
    assertTrue(report.isHealthy());
    assertFalse(report.rewrapIsDue());
    assertEquals(
        List.of(
            new KeyReport.Key(
                kid(OLD), List.of("CAROL_ENCRYPTION_KEY"), true, false, false, 0, true)),
        report.keys());
    assertEquals("0", database.sqlValue("SELECT count(*) FROM llm_encryption_keys"));
  }

  @Test
  void everyPlaceOfAKeyIsNamed() {
    KeyReport report = database.report(OLD, NEW, "no key", OLD);
    assertEquals(
        List.of("CAROL_ENCRYPTION_KEY", "entry 3 of CAROL_ENCRYPTION_KEYS_PREVIOUS"),
        key(report, OLD).places());
    assertEquals(List.of("entry 1 of CAROL_ENCRYPTION_KEYS_PREVIOUS"), key(report, NEW).places());
    assertTrue(
        report.status().remarks().getFirst().startsWith("entry 2 of"), () -> report.toString());
  }

  @Test
  void rowsWithAKeyAreCountedByTheirEncryptionKey() {
    database.store("anna", "sk-1", OLD);
    database.sql(
        "INSERT INTO users (id) SELECT 'u' || g FROM generate_series(1, 25) g;"
            + " INSERT INTO user_llm_credentials (user_id, provider, model,"
            + " api_key_ciphertext) SELECT 'u' || g, 'anthropic', 'm', CASE WHEN g % 5 > 0"
            + " THEN (SELECT api_key_ciphertext FROM user_llm_credentials) END"
            + " FROM generate_series(1, 25) g");
    assertEquals(21, key(database.report(OLD), OLD).rows());
  }

  @Test
  void aKeyThatIsNeededAndNotConfiguredIsMissed() {
    database.store("anna", "sk-1", OLD);
    database.store("bob", "sk-1", NEW, OLD);
    KeyReport report = database.report(NEW);
    assertFalse(report.isHealthy());
    assertTrue(key(report, OLD).isMissed());
    assertFalse(key(report, NEW).isMissed());
  }

  @Test
  void usersWhoHaveToEnterTheirKeyAgainAreCountedAndNamed() {
    database.store("anna", "sk-1", OLD);
    database.store("bob", "sk-1", NEW, OLD);
    database.store("cem", "sk-1", NEW, OLD);
    LlmSettingsService agent = database.service(NEW, OLD);
    agent.report(agent.getDecryptedLlmSettings("anna"), Outcome.REFUSED);
    agent.report(agent.getDecryptedLlmSettings("bob"), Outcome.REFUSED);
    agent.report(agent.getDecryptedLlmSettings("cem"), Outcome.NO_CREDIT);
    assertEquals("0 2 [anna refused, bob refused]", toAsk(NEW, OLD));
    assertEquals("1 2 [anna unreadable, bob refused]", toAsk(NEW));
    assertEquals("3 2 [anna unreadable, bob unreadable, cem unreadable]", toAsk(WRONG));
    database.store("bob", "sk-2", NEW, OLD);
    assertEquals("0 1 [anna refused]", toAsk(NEW, OLD));
  }

  @Test
  void aUserWithoutAnApiKeyIsNeitherCountedNorNamed() {
    LlmSettingsService agent = database.service(OLD);
    agent.save(
        "dora",
        new LlmSettings(Provider.ANTHROPIC, new ModelName("m"), null),
        new KeyChange.Clear(),
        Preconditions.NONE);
    agent.report(agent.getDecryptedLlmSettings("dora"), Outcome.REFUSED);
    assertEquals("0 0 []", toAsk(OLD));
    assertEquals("0 0 []", toAsk(""));
  }

  private String toAsk(String sealing, String... opening) {
    KeyReport report = database.report(sealing, opening);
    List<String> users =
        KeyReport.usersToAsk(database.database, database.keys(sealing, opening)).stream()
            .map(user -> user.id() + " " + user.key())
            .toList();
    return report.unreadable() + " " + report.refused() + " " + users;
  }

  @Test
  void aKeyThatAReplicaMaySealWithAndIsNotConfiguredIsMissedBeforeAnythingIsStored() {
    database.register(OLD, NEW);
    KeyReport report = database.report(OLD);
    assertFalse(report.isHealthy());
    assertTrue(key(report, NEW).isMissed());
  }

  @Test
  void aKeyWhoseRowsDoNotOpenIsMissed() {
    database.store("anna", "sk-1", OLD);
    database.sql(
        "UPDATE user_llm_credentials SET provider = 'openai_compatible',"
            + " base_url = 'https://evil.example', base_url_origin = 'https://evil.example'");
    KeyReport report = database.report(OLD);
    assertTrue(key(report, OLD).isMissed());
    assertFalse(report.isHealthy());
  }

  @Test
  void aRotationUnderWayIsHealthyAndNotDone() {
    database.store("anna", "sk-1", OLD);
    KeyReport report = database.report(NEW, OLD);
    assertTrue(report.isHealthy());
    assertTrue(report.rewrapIsDue());
    assertFalse(key(report, OLD).safeToRemove());
    assertFalse(key(report, NEW).safeToRemove());
  }

  @Test
  void anOldKeyMayGoOnceRewrapHasRetiredIt() throws Exception {
    database.store("anna", "sk-1", OLD);
    database.register(NEW, OLD);
    database.sql("DELETE FROM user_llm_credentials");
    assertFalse(
        key(database.report(NEW, OLD), OLD).safeToRemove(), "a replica may still seal with it");
    database.rewrap(NEW, OLD);
    KeyReport report = database.report(NEW, OLD);
    assertTrue(key(report, OLD).retired());
    assertTrue(key(report, OLD).safeToRemove());
    assertFalse(key(report, NEW).safeToRemove(), "it is the sealing key");
    assertTrue(database.report(NEW).isHealthy());
  }

  @Test
  void aForeignKeyIsNotHealthyAndMayGo() {
    database.store("anna", "sk-1", OLD);
    KeyReport sealing = database.report(WRONG, OLD);
    assertEquals(KeyState.OK, sealing.status().state(), "it comes with a known one");
    KeyReport alone = database.report(WRONG);
    assertEquals(KeyState.FOREIGN, alone.status().state());
    assertFalse(alone.isHealthy());
    assertTrue(key(alone, OLD).isMissed());
  }

  @Test
  void withoutAKeyTheReportIsStillThere() {
    database.store("anna", "sk-1", OLD);
    KeyReport report = database.report("no key");
    assertEquals(KeyState.MALFORMED, report.status().state());
    assertEquals(1, key(report, OLD).rows());
    assertTrue(key(report, OLD).isMissed());
  }
}
