package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.database.Migrations;
import io.carol.llm.testing.Jar;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code doctor} from the packed jar: what it says, to people and to programs. */
final class DoctorIT {
  private static final Postgres SERVER = TestService.postgres();

  private final String database = TestService.newDatabase();

  @BeforeEach
  void migrateAndStore() throws Exception {
    Migrations.migrate(Configuration.database(Configuration.load(configuration(""))));
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

  private String registered() {
    return SERVER.sqlValue(
        database, "SELECT string_agg(kid, ' ' ORDER BY kid) FROM llm_encryption_keys");
  }

  @Test
  void endsWith0WhenAllIsWell() {
    retire(Rotation.NEW_KID);
    try (Jar jar = Jar.start(configuration(Rotation.OLD), "doctor")) {
      assertEquals(0, jar.exitCode(), jar::err);
      assertTrue(jar.out().startsWith("Encryption key: ok"), jar::out);
      assertTrue(
          jar.out().contains(Rotation.OLD_KID + "  yes    registered         3  yes "), jar::out);
      assertTrue(jar.out().strip().endsWith("All is well."), jar::out);
    }
  }

  @Test
  void endsWith3AndSaysWhatToDoWhileAnOldKeyIsNeeded() {
    try (Jar jar = Jar.start(configuration(Rotation.NEW, Rotation.OLD), "doctor", "--json")) {
      assertEquals(3, jar.exitCode(), jar::err);
      JsonNode report = new JsonMapper().readTree(jar.out());
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
          text(
              old,
              "configured",
              "seals",
              "registered",
              "retired",
              "opens",
              "rows",
              "safeToRemove"));
      assertEquals(
          "entry 1 of CAROL_ENCRYPTION_KEYS_PREVIOUS", old.path("places").path(0).asString());
    }
  }

  @Test
  void endsWith2WhenAKeyIsMissing() {
    try (Jar jar = Jar.start(configuration(Rotation.NEW), "doctor")) {
      assertEquals(2, jar.exitCode(), jar::err);
      assertTrue(
          jar.out().contains(Rotation.OLD_KID + "  no     registered         3  NO "), jar::out);
    }
  }

  @Test
  void namesTheUsersWhoHaveToEnterTheirKeyAgainWhenItIsTold() {
    try (Jar jar = Jar.start(configuration(Rotation.NEW), "doctor", "--users")) {
      assertEquals(2, jar.exitCode(), jar::err);
      assertTrue(jar.out().contains("again: 3 cannot be opened, 0 were refused"), jar::out);
      assertTrue(jar.out().contains("unreadable  user-2\n"), jar::out);
    }
    try (Jar jar = Jar.start(configuration(Rotation.NEW), "doctor", "--users", "--json")) {
      assertEquals(2, jar.exitCode(), jar::err);
      JsonNode report = JsonMapper.shared().readTree(jar.out());
      assertEquals(3, report.path("unreadable").asInt());
      assertEquals("user-1", report.path("users").path(0).path("id").asString());
      assertEquals("unreadable", report.path("users").path(0).path("key").asString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--json"})
  void endsWith2AndChangesNothingWithTheWrongKey(String option) {
    String before = registered();
    String[] command = option.isEmpty() ? new String[] {"doctor"} : new String[] {"doctor", option};
    try (Jar jar = Jar.start(configuration(Secrets.encryptionKey()), command)) {
      assertEquals(2, jar.exitCode(), jar::err);
      assertTrue(jar.out().contains("is not one of this database's keys"), jar::out);
    }
    assertEquals(before, registered());
  }

  @Test
  void acceptsTheWrongKeyWhenItIsTold() {
    String wrong = Secrets.encryptionKey();
    try (Jar jar = Jar.start(configuration(wrong), "doctor", "--accept-key")) {
      assertEquals(2, jar.exitCode(), jar::err);
      assertTrue(jar.out().startsWith("Encryption key: ok"), jar::out);
      assertTrue(registered().contains(EncryptionKey.parse("", wrong).kid()));
    }
  }

  @Test
  void takesARetirementBackWhenItIsTold() {
    retire(Rotation.OLD_KID);
    Map<String, String> configuration = configuration(Rotation.OLD, Rotation.NEW);
    try (Jar jar = Jar.start(configuration, "doctor")) {
      assertEquals(2, jar.exitCode(), jar::err);
      assertTrue(jar.out().startsWith("Encryption key: retired"), jar::out);
    }
    try (Jar jar = Jar.start(configuration, "doctor", "--accept-key")) {
      assertEquals(0, jar.exitCode(), jar::err);
      assertTrue(jar.out().startsWith("Encryption key: ok"), jar::out);
    }
  }

  private void retire(String kid) {
    SERVER.sql(
        database, "UPDATE llm_encryption_keys SET retired_at = now() WHERE kid = '" + kid + "'");
  }

  @Test
  void endsWith2WithoutAKeyAndNeverRepeatsOneThatIsNone() {
    try (Jar jar = Jar.start(configuration("secret-but-no-key"), "doctor")) {
      assertEquals(2, jar.exitCode(), jar::err);
      assertTrue(jar.out().startsWith("Encryption key: malformed"), jar::out);
      assertFalse((jar.out() + jar.err()).contains("secret-but-no-key"));
    }
  }

  @Test
  void endsWith1WhenTheDatabaseIsAway() {
    Map<String, String> configuration = configuration(Rotation.OLD);
    configuration.put("carol.database.url", "jdbc:postgresql://localhost:1/carol");
    try (Jar jar = Jar.start(configuration, "doctor")) {
      assertEquals(1, jar.exitCode(), jar::err);
      assertTrue(jar.err().contains("The database cannot be used"), jar::err);
    }
  }

  @Test
  void endsWith64ForAnOptionItDoesNotHave() {
    try (Jar jar = Jar.start(configuration(Rotation.OLD), "doctor", "--fix")) {
      assertEquals(64, jar.exitCode(), jar::err);
      assertTrue(jar.err().contains("help"), jar::err);
    }
  }

  private static String text(JsonNode object, String... members) {
    StringBuilder text = new StringBuilder();
    for (String member : members) {
      text.append(object.path(member).asString()).append(' ');
    }
    return text.toString().strip();
  }
}
