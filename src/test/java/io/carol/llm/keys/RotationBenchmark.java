package io.carol.llm.keys;

import io.carol.llm.bench.Load;
import io.carol.llm.testing.Median;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestBed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * What {@code make bench-rotation} runs: {@code rewrap} seals many rows anew while clients send
 * 1,000 requests a second, nine reads to a write, and is killed three times on the way.
 *
 * <p>Argument: the number of rows.
 */
final class RotationBenchmark {
  private static final int USERS = 10_000;
  private static final int READS_A_SECOND = 900;
  private static final int WRITES_A_SECOND = 100;
  private static final int CONNECTIONS = 32;
  private static final int SLICE_SECONDS = 5;
  private static final int SLICES_BEFORE = 6;
  private static final int KILLS = 3;
  private static final String BODY =
      "{\"provider\":\"anthropic\",\"model\":\"claude\",\"apiKey\":\"sk-ant-later-0123456789\"}";

  private final ServiceProcess service;
  private final Path tokens;
  private final ExecutorService clients = Executors.newFixedThreadPool(2);
  private final List<Double> reads99 = new ArrayList<>();
  private double requests;
  private long errors;

  private RotationBenchmark(ServiceProcess service, Path tokens) {
    this.service = service;
    this.tokens = tokens;
  }

  public static void main(String[] args) throws Exception {
    int rows = Integer.parseInt(args[0]);
    try (TestBed bed = TestBed.start("carol-bench")) {
      Map<String, String> configuration = bed.configuration();
      String old = Secrets.encryptionKey();
      configuration.put("carol.encryption.key", old);
      try (ServiceProcess first = ServiceProcess.start(configuration)) {
        first.awaitReady();
      }
      RewrapBenchmark.fill(bed.postgres(), rows, old);
      bed.postgres().sql("postgres", "VACUUM ANALYZE");
      configuration.put("carol.encryption.key", Secrets.encryptionKey());
      configuration.put("carol.encryption.keys.previous", old);
      Path tokens = bed.folder().resolve("tokens");
      Files.write(
          tokens,
          IntStream.range(0, USERS)
              .parallel()
              .mapToObj(i -> RewrapBenchmark.userId(1 + i * (rows / USERS)))
              .map(user -> bed.identity().token(user, Duration.ofDays(1)))
              .toList());
      try (ServiceProcess service = ServiceProcess.start(configuration)) {
        service.awaitReady();
        new RotationBenchmark(service, tokens).run(configuration);
      }
      System.out.println(
          "rows per key afterwards: "
              + bed.postgres()
                  .sqlValue(
                      "postgres",
                      "SELECT string_agg(count || '', ', ') FROM (SELECT count(*) FROM"
                          + " user_llm_credentials GROUP BY substr(api_key_ciphertext, 4, 8)) AS keys"));
    }
    System.exit(0);
  }

  private void run(Map<String, String> configuration) throws Exception {
    for (String when : List.of("warm-up", "before rewrap")) {
      for (int i = 0; i < SLICES_BEFORE; i++) {
        slice();
      }
      print(when);
    }
    long started = System.nanoTime();
    int killed = 0;
    ServiceProcess rewrap = ServiceProcess.start(configuration, "rewrap");
    do {
      slice();
      if (killed < KILLS && rewrap.isAlive()) {
        rewrap.close();
        rewrap = ServiceProcess.start(configuration, "rewrap");
        killed++;
      }
    } while (rewrap.isAlive());
    print("beside rewrap");
    System.out.printf(
        "rewrap ended with %d after %.0f s and %d kills: %s%n",
        rewrap.exitCode(), (System.nanoTime() - started) / 1e9, killed, rewrap.err().strip());
    clients.close();
  }

  private void slice() throws Exception {
    Future<Load.Result> reading = clients.submit(load(READS_A_SECOND, "GET"));
    Future<Load.Result> writing = clients.submit(load(WRITES_A_SECOND, "PUT", BODY));
    for (Load.Result result : List.of(reading.get(), writing.get())) {
      requests += result.perSecond();
      errors += result.errors();
    }
    reads99.add(reading.get().p99());
  }

  private Callable<Load.Result> load(int rate, String... request) {
    long pauseMillis = 1_000L * CONNECTIONS / rate;
    return () -> Load.wrk(service, tokens, CONNECTIONS, SLICE_SECONDS, pauseMillis, request);
  }

  private void print(String when) {
    System.out.printf(
        "%-14s %d slices of %d s: %.0f requests/s, %d errors, GET's p99 %.2f ms (%s)%n",
        when,
        reads99.size(),
        SLICE_SECONDS,
        requests / reads99.size(),
        errors,
        Median.of(reads99),
        reads99);
    reads99.clear();
    requests = 0;
    errors = 0;
  }
}
