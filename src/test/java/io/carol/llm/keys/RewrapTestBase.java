package io.carol.llm.keys;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Database;
import io.carol.llm.keys.Rewrap.Progress;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;

/** A database in the middle of a change of its encryption key, and a rewrap on it. */
public abstract class RewrapTestBase {
  @AutoClose final KeyTestDatabase database = new KeyTestDatabase();
  final LlmSettingsService credentials = database.service(Rotation.NEW, Rotation.OLD);

  /** Stores sk-1 for user-1 and so on, under the old key. */
  public void store(int rows) throws SQLException {
    Rotation.store(database.dataSource(), rows);
  }

  public Progress rewrap() throws InterruptedException {
    return rewrap(Rotation.KEYS, false, Duration.ofMinutes(1));
  }

  public Progress rewrap(Map<String, String> keys, boolean dry, Duration maxWait)
      throws InterruptedException {
    try (Run run = run(keys, dry, maxWait)) {
      return run.rewrap.run();
    }
  }

  public Run run(Map<String, String> keys, boolean dry, Duration maxWait) {
    return new Run(TestService.config(database.name, keys), dry, maxWait);
  }

  /** A rewrap with a pool of its own, as a process has it. */
  static final class Run implements AutoCloseable {
    final Database database;
    final Rewrap rewrap;

    /** User id and kid of each row that did not open. */
    final Set<String> unopened = new HashSet<>();

    Run(Config config, boolean dry, Duration maxWait) {
      database = Database.openForBatches(Configuration.database(config));
      KeyRingProvider keys = new KeyRingProvider(config);
      rewrap =
          new Rewrap(database, keys, dry, maxWait, (user, kid) -> unopened.add(user + " " + kid));
    }

    @Override
    public void close() {
      database.close();
    }
  }

  public String opened(String userId) {
    return credentials.getDecryptedLlmKey(userId).orElseThrow().reveal();
  }

  public int under(String kid) {
    return Rotation.under(database.name, kid);
  }

  /** Everything about all rows but what sealing anew changes. */
  public String visible() {
    return database.sqlValue(
        "SELECT md5(string_agg(concat_ws('|', user_id, provider, model, base_url, base_url_origin,"
            + " version, created_at, updated_at), ',' ORDER BY user_id)) FROM user_llm_credentials");
  }

  /** Everything about a row, even whether it was locked. */
  public String row(String userId) {
    return database.sqlValue(
        "SELECT concat_ws('|', xmin, xmax, c) FROM user_llm_credentials c WHERE user_id = '"
            + userId
            + "'");
  }

  public String sealed(String userId) {
    return database.sqlValue(
        "SELECT api_key_ciphertext FROM user_llm_credentials WHERE user_id = '" + userId + "'");
  }
}
