package io.carol.llm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code doctor}: its exit codes, and what it says to people and to programs. */
final class DoctorCommandTest {
  private static final Postgres SERVER = TestService.postgres();

  private final String database = TestService.migratedDatabase();

  @BeforeEach
  void store() throws Exception {
    Rotation.store(SERVER.dataSource(database), 3);
  }

  private Map<String, String> configuration(String sealing, String... opening) {
    Map<String, String> configuration = new HashMap<>();
    configuration.put("carol.database.url", SERVER.url(database));
    configuration.put("carol.database.user", "postgres");
    configuration.put("carol.encryption.key", sealing);
    configuration.put("carol.encryption.keys.previous", String.join(",", opening));
    return configuration;
  }

  /** Runs it, and answers what it printed. */
  private static String doctor(int exitCode, Map<String, String> configuration, String... options) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int result =
        DoctorCommand.run(
            Configuration.load(configuration), List.of(options), new PrintStream(out, true, UTF_8));
    String text = out.toString(UTF_8);
    assertEquals(exitCode, result, text);
    return text;
  }

  private static void assertContains(String text, String part) {
    assertTrue(text.contains(part), text);
  }

  private String registered() {
    return SERVER.sqlValue(
        database, "SELECT string_agg(kid, ' ' ORDER BY kid) FROM llm_encryption_keys");
  }

  private void retire(String kid) {
    SERVER.sql(
        database, "UPDATE llm_encryption_keys SET retired_at = now() WHERE kid = '" + kid + "'");
  }

  @Test
  void answers0WhenAllIsWell() {
    retire(Rotation.NEW_KID);
    String text = doctor(0, configuration(Rotation.OLD));
    assertTrue(text.startsWith("Encryption key: ok"), text);
    assertContains(text, Rotation.OLD_KID + "  yes    registered         3  yes ");
    assertTrue(text.strip().endsWith("All is well."), text);
  }

  @Test
  void answers3AndSaysWhatToDoWhileAnOldKeyIsNeeded() {
    JsonNode report =
        JsonMapper.shared()
            .readTree(doctor(3, configuration(Rotation.NEW, Rotation.OLD), "--json"));
    assertEquals("ok true true", text(report, "state", "healthy", "rewrapIsDue"));
    JsonNode old =
        report
            .path("keys")
            .valueStream()
            .filter(key -> key.path("kid").asString().equals(Rotation.OLD_KID))
            .findFirst()
            .orElseThrow();
    assertEquals(
        "true false true false true 3 false",
        text(old, "configured", "seals", "registered", "retired", "opens", "rows", "safeToRemove"));
    assertEquals(
        "entry 1 of CAROL_ENCRYPTION_KEYS_PREVIOUS", old.path("places").path(0).asString());
  }

  @Test
  void answers2WhenAKeyIsMissingAndNamesTheUsersWhenItIsTold() {
    Map<String, String> configuration = configuration(Rotation.NEW);
    String text = doctor(2, configuration, "--users");
    assertContains(text, Rotation.OLD_KID + "  no     registered         3  NO ");
    assertContains(text, "again: 3 cannot be opened, 0 were refused");
    assertContains(text, "unreadable  user-2\n");

    JsonNode report = JsonMapper.shared().readTree(doctor(2, configuration, "--users", "--json"));
    assertEquals(3, report.path("unreadable").asInt());
    assertEquals("user-1", report.path("users").path(0).path("id").asString());
    assertEquals("unreadable", report.path("users").path(0).path("key").asString());
  }

  @Test
  void aUserIdCannotAddALineOrTurnTheTextAround() {
    SERVER.sql(
        database,
        """
        INSERT INTO users (id) VALUES (E'a\\nb\\u2028c\\u202e');
        INSERT INTO user_llm_credentials (user_id, provider, model, api_key_ciphertext)
        SELECT users.id, 'anthropic', model, api_key_ciphertext
        FROM user_llm_credentials, users
        WHERE users.id LIKE 'a%' AND user_id = 'user-1'
        """);
    String text = doctor(2, configuration(Rotation.NEW), "--users");
    assertContains(text, "\nunreadable  a\\u000ab\\u2028c\\u202e\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--users", "--json"})
  void answers2AndChangesNothingWithTheWrongKey(String option) {
    String before = registered();
    String text = doctor(2, configuration(Secrets.encryptionKey()), option);
    assertContains(text, "is not one of this database's keys");
    assertEquals(before, registered());
  }

  @Test
  void acceptsTheWrongKeyWhenItIsTold() {
    String wrong = Secrets.encryptionKey();
    String text = doctor(2, configuration(wrong), "--accept-key");
    assertTrue(text.startsWith("Encryption key: ok"), text);
    assertContains(registered(), EncryptionKey.parse("", wrong).kid());
  }

  @Test
  void takesARetirementBackWhenItIsTold() {
    retire(Rotation.OLD_KID);
    Map<String, String> configuration = configuration(Rotation.OLD, Rotation.NEW);
    String text = doctor(2, configuration);
    assertTrue(text.startsWith("Encryption key: retired"), text);
    text = doctor(0, configuration, "--accept-key");
    assertTrue(text.startsWith("Encryption key: ok"), text);
  }

  @Test
  void answers2WhenAConfiguredKeyCannotBeRead() {
    retire(Rotation.NEW_KID);
    Map<String, String> configuration = configuration(Rotation.OLD, "secret-but-no-key");
    String text = doctor(2, configuration);
    assertTrue(text.startsWith("Encryption key: ok"), text);
    assertContains(text, "entry 1 of CAROL_ENCRYPTION_KEYS_PREVIOUS is not an encryption key");
    assertTrue(text.strip().endsWith("See above for which one, and why."), text);
    JsonNode report = JsonMapper.shared().readTree(doctor(2, configuration, "--json"));
    assertEquals("ok false", text(report, "state", "healthy"));
  }

  @Test
  void answers2WithoutAKeyAndNeverRepeatsOneThatIsNone() {
    try (LogCapture log = new LogCapture()) {
      String text = doctor(2, configuration("secret-but-no-key"));
      assertTrue(text.startsWith("Encryption key: malformed"), text);
      assertFalse((text + log.text()).contains("secret-but-no-key"));
    }
  }

  @Test
  void failsWhenTheDatabaseIsAway() {
    Map<String, String> configuration = configuration(Rotation.OLD);
    configuration.put("carol.database.url", "jdbc:postgresql://localhost:1/carol");
    DatabaseUnavailableException failure =
        assertThrows(DatabaseUnavailableException.class, () -> doctor(1, configuration));
    assertContains(String.valueOf(failure.getMessage()), "The database cannot be used");
  }

  private static String text(JsonNode object, String... members) {
    StringBuilder text = new StringBuilder();
    for (String member : members) {
      text.append(object.path(member).asString()).append(' ');
    }
    return text.toString().strip();
  }
}
