package io.carol.llm.keys;

import io.carol.llm.config.Configuration;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.database.Database;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;

/** A migrated database of a test's own, and replicas on it that differ in their keys. */
final class KeyTestDatabase implements AutoCloseable {
  final String name = TestService.migratedDatabase();
  final Database database;

  KeyTestDatabase() {
    database = Database.open(Configuration.database(config("")));
  }

  Config config(String sealing, String... opening) {
    Map<String, String> values = new HashMap<>();
    values.put("carol.encryption.key", sealing);
    values.put("carol.encryption.keys.previous", String.join(",", opening));
    return TestService.config(name, values);
  }

  KeyRingProvider keys(String sealing, String... opening) {
    return new KeyRingProvider(config(sealing, opening));
  }

  KeyRegistry registry(String sealing, String... opening) {
    return new KeyRegistry(database, keys(sealing, opening));
  }

  /** What a replica with these keys finds, after it has registered what it may. */
  KeyState register(String sealing, String... opening) {
    return registry(sealing, opening).register();
  }

  LlmSettingsService service(String sealing, String... opening) {
    return new LlmSettingsService(
        database, keys(sealing, opening), TestPolicy.ALL_HOSTS, true, new SimpleMeterRegistry());
  }

  /** Stores an API key as a replica with these keys does. */
  void store(String userId, String apiKey, String sealing, String... opening) {
    TestService.save(service(sealing, opening), userId, "m", apiKey);
  }

  /** Runs rewrap with these keys. */
  void rewrap(String sealing, String... opening) throws InterruptedException {
    new Rewrap(database, keys(sealing, opening), false, Duration.ofSeconds(10), (user, kid) -> {})
        .run();
  }

  KeyReport report(String sealing, String... opening) {
    return KeyReport.of(database, keys(sealing, opening));
  }

  /** Connections as the superuser. */
  DataSource dataSource() {
    return TestService.postgres().dataSource(name);
  }

  /** How many statements wait for a lock. */
  int waitingForLocks() {
    return TestService.postgres().waitingForLocks(name);
  }

  void sql(String sql) {
    TestService.postgres().sql(name, sql);
  }

  String sqlValue(String sql) {
    return TestService.postgres().sqlValue(name, sql);
  }

  static String kid(String key) {
    return EncryptionKey.parse("test", key).kid();
  }

  @Override
  public void close() {
    database.close();
  }
}
