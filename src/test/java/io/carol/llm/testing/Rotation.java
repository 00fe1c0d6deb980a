package io.carol.llm.testing;

import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.KeyRing;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** A change of the encryption key from an old to a new one, and rows from before it. */
public final class Rotation {
  public static final String OLD = Secrets.encryptionKey();
  public static final String NEW = Secrets.encryptionKey();
  public static final String OLD_KID = EncryptionKey.parse("OLD", OLD).kid();
  public static final String NEW_KID = EncryptionKey.parse("NEW", NEW).kid();

  /** Seals with the new key and opens both. */
  public static final Map<String, String> KEYS =
      Map.of("carol.encryption.key", NEW, "carol.encryption.keys.previous", OLD);

  private static final String ORIGIN = "https://llm.example";

  private Rotation() {}

  /** The SQL that adds a user with an API key. */
  public static String insertion(String encryptionKey, String userId, String apiKey) {
    return """
    INSERT INTO users (id) VALUES ('%1$s');
    INSERT INTO user_llm_credentials
    (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)
    VALUES ('%1$s', 'openai_compatible', 'm', '%2$s/v1', '%2$s', '%3$s')
    """
        .formatted(userId, ORIGIN, seal(encryptionKey, userId, apiKey));
  }

  /** An API key as a row of {@link #store} holds it. */
  public static String seal(String encryptionKey, String userId, String apiKey) {
    return KeyRing.of(EncryptionKey.parse("test", encryptionKey), List.of())
        .seal(apiKey.getBytes(StandardCharsets.US_ASCII), userId, "openai_compatible", ORIGIN);
  }

  /** Stores sk-1 for user-1, sk-2 for user-2 and so on, as a service with the old key did. */
  public static void store(DataSource database, int rows) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement user = connection.prepareStatement("INSERT INTO users (id) VALUES (?)");
        PreparedStatement settings =
            connection.prepareStatement(
                "INSERT INTO user_llm_credentials"
                    + " (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)"
                    + " VALUES (?, 'openai_compatible', 'm', 'https://LLM.example/v1', '"
                    + ORIGIN
                    + "', ?)")) {
      connection.setAutoCommit(false);
      for (int i = 1; i <= rows; i++) {
        user.setString(1, "user-" + i);
        user.addBatch();
        settings.setString(1, "user-" + i);
        settings.setString(2, seal(OLD, "user-" + i, "sk-" + i));
        settings.addBatch();
      }
      user.executeBatch();
      settings.executeBatch();
      register(connection, OLD, 2);
      register(connection, NEW, 1);
      connection.commit();
    }
  }

  /** As a replica did some hours ago. */
  private static void register(Connection connection, String encryptionKey, int hoursAgo)
      throws SQLException {
    String checkValue =
        KeyRing.of(EncryptionKey.parse("test", encryptionKey), List.of())
            .seal(
                "carol-llm-settings:key-check:v1".getBytes(StandardCharsets.US_ASCII), "key-check");
    try (PreparedStatement key =
        connection.prepareStatement(
            "INSERT INTO llm_encryption_keys (kid, check_value, created_at)"
                + " VALUES (?, ?, now() - interval '1 hour' * ?)"
                + " ON CONFLICT (kid) DO UPDATE SET created_at = excluded.created_at")) {
      key.setString(1, KeyRing.kidOf(checkValue));
      key.setString(2, checkValue);
      key.setInt(3, hoursAgo);
      key.executeUpdate();
    }
  }

  /** How many rows are under the encryption key of this kid. */
  public static int under(String database, String kid) {
    return under(TestService.postgres(), database, kid);
  }

  /** The same in a database on another server. */
  public static int under(Postgres server, String database, String kid) {
    return Integer.parseInt(
        server.sqlValue(
            database,
            "SELECT count(*) FROM user_llm_credentials WHERE api_key_ciphertext LIKE 'v1."
                + kid
                + ".%'"));
  }
}
