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
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;

/** A service in the middle of a change of its encryption key, and a rewrap beside it. */
public abstract class RewrapTestBase {
  @AutoClose final TestService service = TestService.start(Rotation.KEYS);
  @AutoClose final LlmSettingsService credentials = TestService.agent(service.config());

  /** Stores sk-1 for user-1 and so on, under the old key. */
  public void store(int rows) throws SQLException {
    Rotation.store(service.dataSource(), rows);
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
    Map<String, String> configuration = new HashMap<>(keys);
    configuration.put(
        "carol.database.url", service.config().get("carol.database.url").asString().get());
    return new Run(configuration, dry, maxWait);
  }

  /** A rewrap with a pool of its own, as a process has it. */
  static final class Run implements AutoCloseable {
    final Database database;
    final Rewrap rewrap;

    /** User id and kid of each row that did not open. */
    final Set<String> unopened = new HashSet<>();

    Run(Map<String, String> configuration, boolean dry, Duration maxWait) {
      Map<String, String> values = new HashMap<>(configuration);
      values.put("carol.database.user", "postgres");
      Config config = Configuration.load(values);
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

  public long under(String kid) {
    return Long.parseLong(
        service.sqlValue(
            "SELECT count(*) FROM user_llm_credentials WHERE api_key_ciphertext LIKE 'v1."
                + kid
                + ".%'"));
  }

  /** Everything about all rows but what sealing anew changes. */
  public String visible() {
    return service.sqlValue(
        "SELECT md5(string_agg(concat_ws('|', user_id, provider, model, base_url, base_url_origin,"
            + " version, created_at, updated_at), ',' ORDER BY user_id)) FROM user_llm_credentials");
  }

  /** Everything about a row, even whether it was locked. */
  public String row(String userId) {
    return service.sqlValue(
        "SELECT concat_ws('|', xmin, xmax, c) FROM user_llm_credentials c WHERE user_id = '"
            + userId
            + "'");
  }

  public String sealed(String userId) {
    return service.sqlValue(
        "SELECT api_key_ciphertext FROM user_llm_credentials WHERE user_id = '" + userId + "'");
  }
}
