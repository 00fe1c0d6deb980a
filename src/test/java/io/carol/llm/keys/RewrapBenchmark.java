package io.carol.llm.keys;

import io.carol.llm.config.Configuration;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.database.Migrations;
import io.carol.llm.testing.Median;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestBed;
import io.helidon.config.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What {@code make bench-rewrap} runs. Seals many rows anew, in turn with the least that a change
 * of the same rows can cost: one plain UPDATE for each batch of as many rows, in the same order,
 * through JDBC. Takes the number of rows.
 */
final class RewrapBenchmark {
  private static final int ROUNDS = 3;
  private static final int BATCH_SIZE = 1_000;
  private static final String DATABASE = "postgres";
  private static final List<String> KEYS =
      List.of(Secrets.encryptionKey(), Secrets.encryptionKey());

  private final TestBed bed;
  private final Postgres postgres;
  private final int rows;

  private RewrapBenchmark(TestBed bed, int rows) {
    this.bed = bed;
    this.postgres = bed.postgres();
    this.rows = rows;
  }

  public static void main(String[] args) throws Exception {
    int rows = Integer.parseInt(args[0]);
    try (TestBed bed = TestBed.start("carol-bench")) {
      new RewrapBenchmark(bed, rows).run();
    }
  }

  private void run() throws Exception {
    Migrations.migrate(Configuration.database(configuration(0)));
    fill(postgres, rows, KEYS.get(0));
    System.out.printf(
        "%d rows, fsync %s, synchronous_commit %s, %d processors, batches of %d%n",
        rows,
        show("fsync"),
        show("synchronous_commit"),
        Runtime.getRuntime().availableProcessors(),
        BATCH_SIZE);
    System.out.printf(
        "%-8s %16s %16s %8s %12s %12s%n",
        "round", "UPDATE (rows/s)", "rewrap (rows/s)", "ratio", "heap (MB)", "RSS (MB)");
    List<String> ends = endsOfBatches();
    List<Double> plain = new ArrayList<>();
    List<Double> rewrap = new ArrayList<>();
    // The first round leaves free space on the pages and warms the machine.
    for (int round = 0; round <= ROUNDS; round++) {
      double plainRate = rate(() -> update(ends));
      int key = (round + 1) % 2;
      double rewrapRate = rate(() -> rewrap(key));
      if (round > 0) {
        plain.add(plainRate);
        rewrap.add(rewrapRate);
      }
      print(round == 0 ? "warm-up" : String.valueOf(round), plainRate, rewrapRate);
    }
    print("median", Median.of(plain), Median.of(rewrap));
  }

  private interface Work {
    void run() throws Exception;
  }

  private double rate(Work work) throws Exception {
    postgres.sql(DATABASE, "VACUUM ANALYZE user_llm_credentials");
    postgres.sql(DATABASE, "CHECKPOINT");
    long start = System.nanoTime();
    work.run();
    return rows / ((System.nanoTime() - start) / 1e9);
  }

  private void update(List<String> ends) throws SQLException {
    try (Connection connection = postgres.dataSource(DATABASE).getConnection();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE user_llm_credentials SET api_key_ciphertext = api_key_ciphertext || ''"
                    + " WHERE user_id > ? AND user_id <= ?")) {
      int updated = 0;
      String after = "";
      for (String end : ends) {
        update.setString(1, after);
        update.setString(2, end);
        updated += update.executeUpdate();
        after = end;
      }
      require(updated == rows);
    }
  }

  private void rewrap(int sealing) throws InterruptedException {
    Config config = configuration(sealing);
    try (Database database = Database.openForBatches(Configuration.database(config))) {
      KeyRingProvider keys = new KeyRingProvider(config);
      // The round before has retired it.
      new KeyRegistry(database, keys).accept();
      require(
          new Rewrap(database, keys, false, Duration.ofMinutes(1), (user, kid) -> {})
                  .run()
                  .resealed()
              == rows);
    }
  }

  private Config configuration(int sealing) {
    Map<String, String> configuration = bed.configuration();
    configuration.put("carol.encryption.key", KEYS.get(sealing));
    configuration.put("carol.encryption.keys.previous", KEYS.get(1 - sealing));
    return Configuration.load(configuration);
  }

  /** The id of a user. In no order, as identity providers give them. */
  static String userId(int number) {
    return UUID.nameUUIDFromBytes(Integer.toString(number).getBytes(StandardCharsets.US_ASCII))
        .toString();
  }

  /**
   * Makes users and their settings.
   *
   * @param rows users with the numbers from 1 to this
   * @param key what the API keys are sealed with
   */
  static void fill(Postgres postgres, int rows, String key) throws SQLException {
    KeyRing ring = KeyRing.of(EncryptionKey.parse("", key), List.of());
    byte[] apiKey = "sk-ant-".concat("x".repeat(100)).getBytes(StandardCharsets.US_ASCII);
    try (Connection connection = postgres.dataSource(DATABASE).getConnection();
        PreparedStatement user = connection.prepareStatement("INSERT INTO users (id) VALUES (?)");
        PreparedStatement settings =
            connection.prepareStatement(
                "INSERT INTO user_llm_credentials (user_id, provider, model, api_key_ciphertext)"
                    + " VALUES (?, 'anthropic', 'claude', ?)")) {
      connection.setAutoCommit(false);
      for (int i = 1; i <= rows; i++) {
        String id = userId(i);
        user.setString(1, id);
        user.addBatch();
        settings.setString(1, id);
        settings.setString(2, ring.seal(apiKey, id, "anthropic", ""));
        settings.addBatch();
        if (i % BATCH_SIZE == 0 || i == rows) {
          user.executeBatch();
          settings.executeBatch();
          connection.commit();
        }
      }
    }
  }

  private List<String> endsOfBatches() throws SQLException {
    List<String> ends = new ArrayList<>();
    try (Connection connection = postgres.dataSource(DATABASE).getConnection();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT max(user_id) FROM (SELECT user_id, row_number() OVER (ORDER BY user_id) - 1"
                    + " AS place FROM user_llm_credentials) AS ordered GROUP BY place / "
                    + BATCH_SIZE
                    + " ORDER BY 1")) {
      while (found.next()) {
        ends.add(found.getString(1));
      }
    }
    return ends;
  }

  private String show(String setting) {
    return postgres.sqlValue(DATABASE, "SHOW " + setting);
  }

  private static void print(String round, double plain, double rewrap) throws IOException {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "%-8s %16.0f %16.0f %8.2f %12.1f %12.1f%n",
        round,
        plain,
        rewrap,
        rewrap / plain,
        (runtime.totalMemory() - runtime.freeMemory()) / 1e6,
        residentMegabytes());
  }

  private static double residentMegabytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return Double.NaN;
    }
    return Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum()
        * 1024
        / 1e6;
  }

  private static void require(boolean holds) {
    if (!holds) {
      throw new AssertionError("Not every row was written");
    }
  }
}
