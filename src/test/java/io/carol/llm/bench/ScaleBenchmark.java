package io.carol.llm.bench;

import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestBed;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * {@code make bench-scale}: how many bytes a user takes in the database, and how many requests one
 * replica and its PostgreSQL answer in a second, on this machine together with what sends them.
 * Medians; to have a machine each they would do better.
 */
final class ScaleBenchmark {
  private static final int ROUNDS = 3;
  private static final int SECONDS = 5;
  private static final int CLIENTS = 32;
  private static final int ACTIVE_USERS = 1_000;
  private static final List<String> METHODS = List.of("GET", "PUT");

  private static final String BODY =
      "{\"provider\":\"anthropic\",\"model\":\"claude-sonnet-4-5\",\"apiKey\":\"%s\"}"
          .formatted("k".repeat(108));

  private final TestBed bed;
  private final Path folder;
  private final Postgres postgres;

  private ScaleBenchmark(TestBed bed) {
    this.bed = bed;
    this.folder = bed.folder();
    this.postgres = bed.postgres();
  }

  public static void main(String[] args) throws Exception {
    OperatingSystemMXBean machine = ManagementFactory.getOperatingSystemMXBean();
    System.out.printf(
        "%d processors, load average at the start %.1f%n",
        machine.getAvailableProcessors(), machine.getSystemLoadAverage());
    try (TestBed bed = TestBed.start("carol-bench")) {
      for (int users : List.of(10_000, 1_000_000)) {
        new ScaleBenchmark(bed).measure(users);
      }
    }
  }

  private void measure(int users) throws Exception {
    String database = "users_" + users;
    postgres.createDatabase(database);
    Map<String, String> configuration = bed.configuration();
    configuration.put("carol.database.url", postgres.url(database));
    String key = configuration.getOrDefault("carol.encryption.key", "");
    String kid = EncryptionKey.parse("carol.encryption.key", key).kid();
    try (ServiceProcess service = ServiceProcess.start(configuration)) {
      service.awaitReady();
      System.out.printf(
          "%n%,d users; connections right after the start: %s%n",
          users, postgres.connections(database));
      fill(database, users, kid);
      for (String table : List.of("user_llm_credentials", "users")) {
        System.out.printf(
            "  bytes a row of %-22s %s%n", table + ":", bytesPerRow(database, table, users));
      }
      writeTokens(database);
      for (String method : METHODS) {
        // Until the JVM has compiled what matters.
        send(service, database, method, new Figures());
      }
      for (String method : METHODS) {
        Figures figures = new Figures();
        for (int round = 0; round < ROUNDS; round++) {
          send(service, database, method, figures);
        }
        System.out.printf(
            "  %s: %,.0f requests/s, 99 %% within %.0f ms;"
                + " processor time of the replica %.2f ms, of PostgreSQL %.2f ms%n",
            method,
            figures.median("requests per second"),
            figures.median("p99 ms"),
            figures.median("replica ms"),
            figures.median("PostgreSQL ms"));
      }
      System.out.printf(
          "  updates that left the index alone (HOT): %s %%%n",
          postgres.sqlValue(
              database,
              "SELECT round(100.0 * n_tup_hot_upd / n_tup_upd) FROM pg_stat_user_tables"
                  + " WHERE relname = 'user_llm_credentials'"));
      System.out.printf(
          "  connections: %s; memory of the replica: %.0f MB%n",
          postgres.connections(database), service.residentBytes() / 1e6);
    }
  }

  /**
   * Ids are as random as those of an identity provider. Six users in ten have Anthropic with a key
   * of 108 characters, three another provider with one of 164, and one has no key.
   */
  private void fill(String database, int users, String kid) {
    postgres.sql(
        database,
        """
        INSERT INTO users (id) SELECT gen_random_uuid() FROM generate_series(1, %1$d);
        INSERT INTO user_llm_credentials
               (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)
        SELECT id,
               CASE WHEN kind < 0.6 THEN 'anthropic' ELSE 'openai_compatible' END,
               CASE WHEN kind < 0.6 THEN 'claude-sonnet-4-5' ELSE 'llama3.2' END,
               CASE WHEN kind >= 0.6 THEN 'https://llm.example.com:8443/v1' END,
               CASE WHEN kind >= 0.6 THEN 'https://llm.example.com:8443' END,
               CASE WHEN kind < 0.6 THEN 'v1.%2$s.' || rpad('', 182, md5(id))
                    WHEN kind < 0.9 THEN 'v1.%2$s.' || rpad('', 256, md5(id)) END
        FROM (SELECT id, random() AS kind FROM users) AS made;
        """
            .formatted(users, kid));
    postgres.sql(database, "VACUUM ANALYZE");
    postgres.sql(database, "CHECKPOINT");
  }

  private String bytesPerRow(String database, String table, int rows) {
    return postgres.sqlValue(
        database,
        "SELECT format('%%s, with index %%s', pg_table_size('%1$s') / %2$d, pg_total_relation_size('%1$s') / %2$d)"
            .formatted(table, rows));
  }

  private void writeTokens(String database) throws IOException {
    String ids =
        postgres.sqlValue(
            database,
            "SELECT string_agg(id, ' ') FROM (SELECT id FROM users ORDER BY id LIMIT "
                + ACTIVE_USERS
                + ") AS asking");
    Files.write(
        folder.resolve("tokens"),
        Arrays.stream(ids.split(" ", -1)).map(bed.identity()::token).toList());
  }

  /**
   * Sends requests for some seconds.
   *
   * @param figures gets what came of them, with the processor time for one request
   */
  private void send(ServiceProcess service, String database, String method, Figures figures) {
    String[] request = method.equals("PUT") ? new String[] {method, BODY} : new String[] {method};
    double replicaBefore = service.processorMillis();
    double databaseBefore = processorMillis(database);
    Load.Result result = Load.wrk(service, folder.resolve("tokens"), CLIENTS, SECONDS, 0, request);
    if (result.errors() > 0) {
      throw new IllegalStateException(result.toString());
    }
    figures.add("requests per second", result.perSecond());
    figures.add("p99 ms", result.p99());
    figures.add("replica ms", (service.processorMillis() - replicaBefore) / result.requests());
    figures.add("PostgreSQL ms", (processorMillis(database) - databaseBefore) / result.requests());
  }

  /** Of the backends that serve the pool, which live longer than a round. */
  private double processorMillis(String database) {
    return Arrays.stream(
            postgres
                .sqlValue(
                    "postgres",
                    "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE datname = '%s'"
                        .formatted(database))
                .split(" ", -1))
        .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
        .mapToDouble(backend -> backend.info().totalCpuDuration().orElseThrow().toMillis())
        .sum();
  }
}
