package io.carol.llm.testing;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What the packed program needs around it: a PostgreSQL and an identity provider of its own.
 *
 * @param folder deleted when this JVM ends
 */
public record TestBed(Path folder, Identity identity, Postgres postgres) implements AutoCloseable {
  /** Starts PostgreSQL, as durable as in production. */
  public static TestBed start(String name) throws Exception {
    Path folder = TemporaryFolder.untilExit(name, Postgres::killLeftover);
    return new TestBed(folder, Identity.in(folder), Postgres.start(folder));
  }

  /**
   * Of a service that has the database {@code postgres} to itself, by configuration key. Each call
   * makes another encryption key.
   */
  public Map<String, String> configuration() {
    Map<String, String> configuration = new HashMap<>(identity.configuration());
    configuration.put("carol.database.url", postgres.url("postgres"));
    configuration.put("carol.database.user", "postgres");
    configuration.put("carol.encryption.key", Secrets.encryptionKey());
    return configuration;
  }

  @Override
  public void close() {
    postgres.close();
  }
}
