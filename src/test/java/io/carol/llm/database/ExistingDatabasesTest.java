package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Dumps of databases in use: of the last version of this service, and of a Carol. */
@Timeout(120)
final class ExistingDatabasesTest {
  private static final Postgres SERVER = TestService.postgres();
  private static final String KEY = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
  private static final String HISTORY =
      "SELECT string_agg(h::text, ';' ORDER BY installed_rank) FROM %s h";

  private final String database = TestService.newDatabase();

  private void load(String dump) throws IOException {
    sql(Files.readString(Path.of("src/test/resources/database", dump)));
  }

  private void sql(String sql) {
    SERVER.sql(database, sql);
  }

  private String value(String sql) {
    return SERVER.sqlValue(database, sql);
  }

  private int migrate() {
    return Migrations.migrate(TestService.databaseConfig(database, Map.of()));
  }

  @Test
  void theRoleThatServedTheLastVersionOpensWhatItSealedWithoutAnotherGrant() throws Exception {
    load("last_version.sql");
    String role = database + "_serve";
    sql(
        """
        CREATE ROLE %1$s LOGIN;
        GRANT SELECT (id) ON users TO %1$s;
        GRANT SELECT, INSERT, UPDATE, DELETE ON user_llm_credentials, llm_encryption_keys TO %1$s
        """
            .formatted(role));
    String before = value(HISTORY.formatted("flyway_schema_history"));
    assertEquals(5, migrate());
    assertEquals(0, migrate());
    Map<String, String> values = Map.of("carol.encryption.key", KEY, "carol.database.user", role);
    try (TestService service = TestService.start(database, values);
        LlmSettingsService agent = TestService.agent(service.config())) {
      assertEquals(
          Optional.of(ApiKey.of("sk-from-the-last-version")), agent.getDecryptedLlmKey("ada"));
      assertEquals(
          Optional.of(ApiKey.of("sk-ant-from-the-last-version")), agent.getDecryptedLlmKey("bob"));
      Api bob = service.as("bob");
      Reply found = bob.get();
      assertEquals("true", found.text("keyConfigured"));
      String put = "{\"provider\":\"anthropic\",\"model\":\"claude\",\"apiKey\":\"sk-ant-new\"}";
      assertEquals(200, bob.put(put, "If-Match", found.header("etag")).status());
      assertEquals(Optional.of(ApiKey.of("sk-ant-new")), agent.getDecryptedLlmKey("bob"));
    }
    assertEquals(before, value(HISTORY.formatted("flyway_schema_history")));
  }

  /** As in Carol's own database, where V001 was never run. */
  @Test
  void aDatabaseWhoseHistoryBeginsWithABaselineIsCarriedOverToo() throws Exception {
    load("last_version.sql");
    sql(
        "UPDATE flyway_schema_history SET version = '023', type = 'BASELINE', checksum = NULL,"
            + " script = '<< Flyway Baseline >>' WHERE version = '001'");
    assertEquals(5, migrate());
  }

  @Test
  void aDatabaseThatHasOnlyTheFirstOfOurTablesIsCarriedOverToo() throws Exception {
    load("last_version.sql");
    sql("DROP TABLE llm_encryption_keys; DELETE FROM flyway_schema_history WHERE version = '025'");
    assertEquals(6, migrate());
  }

  /** A replica of the last version may still run beside: what it reads and writes works. */
  @Test
  void theLastVersionGoesOnWorkingAfterTheMigration() throws Exception {
    load("last_version.sql");
    migrate();
    assertEquals("025", value("SELECT max(version) FROM flyway_schema_history WHERE success"));
    sql(
        "UPDATE llm_encryption_keys SET seals = seals + 3, sealing_at = now()"
            + " WHERE kid = '5a8f28c4';"
            + "INSERT INTO llm_encryption_keys (kid, check_value)"
            + " SELECT '00000000', check_value FROM llm_encryption_keys;"
            + "INSERT INTO users (id) VALUES ('eve');"
            + "INSERT INTO user_llm_credentials (user_id, provider, model, base_url,"
            + " base_url_origin, api_key_ciphertext)"
            + " SELECT 'eve', provider, model, base_url, base_url_origin, api_key_ciphertext"
            + " FROM user_llm_credentials WHERE user_id = 'ada'");
    assertEquals(
        "5 true",
        value(
            "SELECT seals || ' ' || (retired_at IS NULL) FROM llm_encryption_keys"
                + " WHERE kid = '5a8f28c4'"));
  }

  /** A save of the user bob by a replica of the last version, which knows no such address. */
  private String lastVersionSaves(boolean keepKey, String sealedKey) throws IOException {
    String save =
        Files.readString(Path.of("src/test/resources/database/last_version_save.sql"))
            .replace(":user_id", "'bob'")
            .replace(":provider", "'anthropic'")
            .replace(":provision", "true")
            .replace(":model", "'claude'")
            .replace(":base_url_origin", "CAST(NULL AS text)")
            .replace(":base_url", "NULL")
            .replace(":keep_key", Boolean.toString(keepKey))
            .replace(":api_key_ciphertext", sealedKey)
            .replaceAll(":if_(none_)?match", "CAST(NULL AS text)");
    return value(save);
  }

  @Test
  void theLastVersionShowsAnAddressForAnthropicAndDoesNotTakeItsKeyElsewhere() throws Exception {
    load("last_version.sql");
    String sealedByTheLastVersion =
        value("SELECT api_key_ciphertext FROM user_llm_credentials WHERE user_id = 'bob'");
    try (TestService service = TestService.start(database, Map.of("carol.encryption.key", KEY));
        LlmSettingsService agent = TestService.agent(service.config())) {
      Api bob = service.as("bob");
      String put =
          "{\"provider\":\"anthropic\",\"model\":\"claude\",\"baseUrl\":\"https://gateway.example\","
              + "\"apiKey\":\"sk-gateway\"}";
      assertEquals(200, bob.put(put).status());
      assertEquals(
          "anthropic https://gateway.example",
          value(
              "SELECT provider || ' ' || base_url FROM user_llm_credentials WHERE user_id = 'bob'"));

      assertEquals("key_would_move", lastVersionSaves(true, "NULL"));
      assertEquals(Optional.of(ApiKey.of("sk-gateway")), agent.getDecryptedLlmKey("bob"));

      assertEquals("ok", lastVersionSaves(false, "'" + sealedByTheLastVersion + "'"));
      assertEquals(
          Optional.of(ApiKey.of("sk-ant-from-the-last-version")), agent.getDecryptedLlmKey("bob"));
      assertEquals("null", bob.get().text("baseUrl"));
    }
  }

  /** A stricter level would have statements fail that have waited for another writer. */
  @Test
  void aDatabaseWhoseTransactionsAreSerializableByDefaultIsServedLikeAnyOther() {
    sql("ALTER DATABASE %s SET default_transaction_isolation = 'serializable'".formatted(database));
    String put = "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-ant-1\"}";
    try (TestService service =
        TestService.start(database, Map.of("carol.encryption.key", Secrets.encryptionKey()))) {
      List<Integer> statuses = Together.run(40, i -> service.as("ada").put(put).status());
      assertEquals(1, Collections.frequency(statuses, 201), statuses::toString);
      assertEquals(39, Collections.frequency(statuses, 200), statuses::toString);
    }
  }

  /** With uuid ids and a required e-mail address, which this service does not have. */
  @Test
  void aDatabaseMadeByTypeOrmIsServedAndLeftAsItIs() throws Exception {
    load("typeorm.sql");
    String carol =
        "SELECT (SELECT string_agg(m::text, ';') FROM migrations m)"
            + " || (SELECT string_agg(u::text, ';' ORDER BY id) FROM users u)"
            + " || (SELECT string_agg(c::text, ';') FROM conversations c)";
    String before = value(carol);
    assertEquals(7, migrate());
    String put = "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-ant-1\"}";
    try (TestService service =
        TestService.start(database, Map.of("carol.encryption.key", Secrets.encryptionKey()))) {
      Api ada = service.as("6f1f3a52-5b0e-4b3c-9f4e-0a8a4d1c7e11");
      assertEquals(201, ada.put(put).status());
      assertEquals(200, ada.get().status());
      Reply stranger = service.as("11111111-2222-3333-4444-555555555555").put(put);
      assertEquals("403 unknown_user", stranger.status() + " " + stranger.code());
      assertEquals(before, value(carol));
      sql("DELETE FROM users WHERE email = 'ada@carol.example'");
      assertEquals(404, ada.get().status());
    }
    assertEquals("0", value("SELECT count(*) FROM user_llm_credentials"));
  }
}
