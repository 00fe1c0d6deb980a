package io.carol.llm.api;

import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.observability.UserHash;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A running service, and beside it the server's own way to the keys it stores. */
final class Setup implements AutoCloseable {
  private static final AtomicInteger USERS = new AtomicInteger();

  private final TestService service;
  private @Nullable LlmSettingsService credentials;

  private Setup(TestService service) {
    this.service = service;
  }

  /** With an encryption key, for all tests of this JVM that keep to users of their own. */
  static Setup shared() {
    return Shared.SETUP;
  }

  /** The same for tests that count log lines or change the database. */
  static Setup start() {
    return new Setup(TestService.start());
  }

  /** The same with one setting more. */
  static Setup start(String key, String value) {
    return new Setup(TestService.start(key, value));
  }

  /**
   * @param overrides configuration; there is no encryption key unless they bring one
   */
  static Setup start(Map<String, String> overrides) {
    return new Setup(TestService.start(overrides));
  }

  /** Does not wait until the service is ready. */
  static Setup launch(Map<String, String> overrides) {
    return new Setup(
        TestService.launch(TestService.postgres(), TestService.newDatabase(), overrides));
  }

  TestService service() {
    return service;
  }

  /** Opened at first use: it has ten connections of its own. */
  synchronized LlmSettingsService credentials() {
    if (credentials == null) {
      credentials = TestService.agent(service.config());
    }
    return credentials;
  }

  /** A user without a row. */
  User newUser() {
    return user("user-" + USERS.incrementAndGet());
  }

  User user(String id) {
    return new User(this, id, service.as(id));
  }

  @Override
  public synchronized void close() {
    if (credentials != null) {
      credentials.close();
    }
    service.close();
  }

  /** Started at first use, and ended with the JVM. */
  private static final class Shared {
    static final Setup SETUP = start();
  }

  /**
   * A user and their settings, as the user and as the server see them.
   *
   * @param api what they do over HTTP
   */
  record User(Setup setup, String id, Api api) {

    /**
     * Saves.
     *
     * @param members names and values in turn; a value of null is JSON's null
     */
    Reply put(@Nullable String... members) {
      return api.put(Bodies.json(members));
    }

    /** The whole row with ciphertext, version and times; "none" when there is none. */
    String row() {
      return column("CAST(stored AS text)");
    }

    /** One column of the row; "none" when there is no row. */
    String column(String expression) {
      return setup.service.sqlValue(
          "SELECT %s FROM user_llm_credentials AS stored WHERE user_id = '%s'"
              .formatted(expression, id.replace("'", "''")));
    }

    /** Whether the user is in the table {@code users}. */
    boolean exists() {
      return setup
          .service
          .sqlValue("SELECT count(*) FROM users WHERE id = '" + id + "'")
          .equals("1");
    }

    /** Changes the row as another program could. */
    void edit(String assignments) {
      setup.service.sql(
          "UPDATE user_llm_credentials SET " + assignments + " WHERE user_id = '" + id + "'");
    }

    /** What stands for this user in the log. */
    String hash() {
      return new UserHash(new KeyRingProvider(setup.service.config())).of(id);
    }

    /** The key that the agent loop would get; empty when the settings have none. */
    Optional<String> key() {
      return setup.credentials().getDecryptedLlmKey(id).map(ApiKey::reveal);
    }
  }
}
