package io.carol.llm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Migrations;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What {@code doctor} prints. */
final class DoctorCommandTest {
  private static final Postgres SERVER = TestService.postgres();

  @Test
  void aUserIdCannotAddALineOrTurnTheTextAround() throws Exception {
    String database = TestService.newDatabase();
    Config config =
        Configuration.load(
            Map.of(
                "carol.database.url",
                SERVER.url(database),
                "carol.database.user",
                "postgres",
                "carol.encryption.key",
                Rotation.NEW));
    Migrations.migrate(Configuration.database(config));
    Rotation.store(SERVER.dataSource(database), 1);
    SERVER.sql(
        database,
        """
        INSERT INTO users (id) VALUES (E'a\\nb\\u2028c\\u202e');
        INSERT INTO user_llm_credentials (user_id, provider, model, api_key_ciphertext)
        SELECT users.id, 'anthropic', model, api_key_ciphertext
        FROM user_llm_credentials, users
        WHERE users.id LIKE 'a%'
        """);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertEquals(
        2,
        DoctorCommand.run(
            config.get("carol"), List.of("--users"), new PrintStream(out, true, UTF_8)));
    String text = out.toString(UTF_8);
    assertTrue(text.contains("\nunreadable  a\\u000ab\\u2028c\\u202e\n"), text);
  }
}
