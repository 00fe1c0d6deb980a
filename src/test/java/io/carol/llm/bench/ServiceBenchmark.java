package io.carol.llm.bench;

import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestBed;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code make bench}: the packed service under load, and in the same rounds what its parts do
 * alone: a route that does nothing, of the bare web server and of the service's, pgbench with the
 * same statement, and a GET made of the libraries with nothing around it; and the same GET and PUT
 * by a plain Node.js service on Fastify, pg and jose. Medians of interleaved rounds, since neither
 * machine nor neighbours are the same from one minute to the next. Prints a table, and writes every
 * figure to {@code target/bench.json}.
 *
 * <p>Arguments: rows in the table, connections, seconds of a measurement, rounds.
 */
final class ServiceBenchmark {
  static final int USERS = 10_000;

  /** The Java runtime with the options of the launcher, for other programs. */
  static final List<String> JAVA =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "@target/java.args",
          "-Xmx128m");

  private static final int WARM_UP_ROUNDS = 2;
  private static final String LIBRARIES = "GET of the libraries alone";
  private static final List<String> NOOPS =
      List.of("noop of the bare server", "noop of the service");
  private static final List<String> BESIDE = List.of(NOOPS.get(0), NOOPS.get(1), LIBRARIES);
  private static final String FASTIFY = "Fastify";
  private static final Path FASTIFY_FOLDER = Path.of("target/fastify");
  private static final String BODY =
      """
      {"provider":"openai_compatible","model":"llama3.2","baseUrl":"http://ollama:11434/v1",\
      "apiKey":"sk-benchmark-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"}\
      """;

  private final int connections;
  private final int seconds;
  private final Figures figures = new Figures();

  private ServiceBenchmark(int connections, int seconds) {
    this.connections = connections;
    this.seconds = seconds;
  }

  public static void main(String[] args) throws Exception {
    int rows = Integer.parseInt(args[0]);
    var benchmark = new ServiceBenchmark(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    benchmark.run(rows, Integer.parseInt(args[3]));
  }

  private void run(int rows, int rounds) throws Exception {
    try (TestBed bed = TestBed.start("carol-bench")) {
      Map<String, String> configuration = bed.configuration();
      try (ServiceProcess service = ServiceProcess.start(configuration);
          ServiceProcess noop = ServiceProcess.start(beside(NoopServer.class, "bare"), Map.of());
          ServiceProcess noopInService =
              ServiceProcess.start(beside(NoopServer.class, "service"), Map.of());
          ServiceProcess libraries =
              ServiceProcess.start(
                  beside(LibrariesServer.class, Integer.toString(rows / USERS)), configuration);
          ServiceProcess fastify =
              ServiceProcess.start(
                  List.of("node", FASTIFY_FOLDER.resolve("server.mjs").toString()),
                  configuration)) {
        fill(service, bed, rows);
        var parts =
            new Parts(bed.folder(), bed.postgres().port(), rows / USERS, sealed(bed.postgres()));
        Path tokens = tokens(bed, USERS, rows / USERS);
        // The first ones warm the JVMs and the database up.
        for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
          if (round == 0) {
            figures.values().clear();
          }
          round(service, fastify, List.of(noop, noopInService, libraries), parts, tokens);
          try (LlmSettingsService credentials = LlmSettingsService.open(config(configuration))) {
            DecryptionCost.measure(
                credentials,
                bed.postgres(),
                Objects.requireNonNull(configuration.get("carol.encryption.key")),
                figures);
          }
        }
        report(bed.postgres(), rows, rounds);
      }
    }
  }

  private void round(
      ServiceProcess service,
      ServiceProcess fastify,
      List<ServiceProcess> beside,
      Parts parts,
      Path tokens)
      throws IOException {
    figures.add(
        "load average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    for (int i = 0; i < beside.size(); i++) {
      Load.Result full = Load.wrk(beside.get(i), tokens, connections, seconds, 0, "GET");
      figures.add(BESIDE.get(i) + " per second", full.perSecond());
      figures.add(BESIDE.get(i) + " errors", (double) full.errors());
    }
    figures.add("find per second", parts.find(seconds));
    load("GET", service, tokens, "GET");
    load(FASTIFY + " GET", fastify, tokens, "GET");
    figures.add("save per second", parts.save(seconds));
    load("PUT", service, tokens, "PUT", BODY);
    load(FASTIFY + " PUT", fastify, tokens, "PUT", BODY);
    figures.add("RSS MB", service.residentBytes() / 1e6);
  }

  private void load(String name, ServiceProcess service, Path tokens, String... request) {
    double before = service.processorMillis();
    Load.Result full = Load.wrk(service, tokens, connections, seconds, 0, request);
    double cpu = (service.processorMillis() - before) * 1e3 / full.requests();
    // Half of it, spread over the same connections.
    long pause = Math.round(2_000.0 * connections / full.perSecond());
    Load.Result half = Load.wrk(service, tokens, connections, seconds, pause, request);
    figures.add(name + " per second", full.perSecond());
    figures.add(name + " CPU µs", cpu);
    figures.add(name + " p99 ms at full load", full.p99());
    figures.add(name + " per second at half load", half.perSecond());
    figures.add(name + " p50 ms at half load", half.p50());
    figures.add(name + " p99 ms at half load", half.p99());
    figures.add(name + " p99.9 ms at half load", half.p999());
    figures.add(name + " errors", (double) full.errors() + half.errors());
  }

  private static Config config(Map<String, String> configuration) {
    return Config.just(ConfigSources.create(configuration));
  }

  private static List<String> beside(Class<?> program, String argument) {
    return Stream.concat(
            JAVA.stream(),
            Stream.of(
                "-cp",
                "target/test-classes:target/classes:target/libs/*",
                program.getName(),
                argument))
        .toList();
  }

  /** Saves the settings of user 1 when the service is ready, and copies them to as many users. */
  static void fill(ServiceProcess service, TestBed bed, int rows)
      throws IOException, InterruptedException {
    service.awaitReady();
    service.send("PUT", bed.identity().token("1"), BODY);
    bed.postgres()
        .sql(
            "postgres",
            """
            INSERT INTO users (id) SELECT CAST(n AS text) FROM generate_series(2, %1$d) n;
            INSERT INTO user_llm_credentials
                   (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)
            SELECT CAST(n AS text), provider, model, base_url, base_url_origin, api_key_ciphertext
            FROM generate_series(2, %1$d) n, user_llm_credentials
            """
                .formatted(rows));
    bed.postgres().sql("postgres", "VACUUM ANALYZE");
  }

  /**
   * Writes a token a line.
   *
   * @param step between the ids of two users
   */
  static Path tokens(TestBed bed, int users, int step) throws IOException {
    return Files.write(
        bed.folder().resolve("tokens"),
        IntStream.rangeClosed(1, users)
            .parallel()
            .mapToObj(n -> bed.identity().token(Integer.toString(n * step), Duration.ofDays(1)))
            .toList());
  }

  private static String sealed(Postgres postgres) {
    return postgres.sqlValue(
        "postgres", "SELECT api_key_ciphertext FROM user_llm_credentials WHERE user_id = '1'");
  }

  private double limit(String noop, String statement) {
    return 1
        / (1 / figures.median(noop + " per second")
            + 1 / figures.median(statement + " per second"));
  }

  private void report(Postgres postgres, int rows, int rounds) throws IOException {
    String setting =
        Setting.of(postgres, FASTIFY_FOLDER)
            + "\n%,d rows, %,d users, %d connections; medians of %d rounds of %d s"
                .formatted(rows, USERS, connections, rounds, seconds);
    System.out.println(setting);
    JsonObjectBuilder json = Json.createObjectBuilder().add("setting", setting);
    figures.print();
    figures
        .values()
        .forEach((name, values) -> {
          JsonArrayBuilder all = Json.createArrayBuilder();
          values.forEach(all::add);
          json.add(name, all);
        });
    for (String noop : NOOPS) {
      ratio(json, "GET / limit by " + noop, figures.median("GET per second") / limit(noop, "find"));
      ratio(json, "PUT / limit by " + noop, figures.median("PUT per second") / limit(noop, "save"));
    }
    ratio(
        json,
        LIBRARIES + " / limit by " + NOOPS.getFirst(),
        figures.median(LIBRARIES + " per second") / limit(NOOPS.getFirst(), "find"));
    ratio(
        json,
        "GET / " + LIBRARIES,
        figures.median("GET per second") / figures.median(LIBRARIES + " per second"));
    for (String method : List.of("GET", "PUT")) {
      ratio(
          json,
          method + " / " + FASTIFY + ", per second",
          figures.median(method + " per second")
              / figures.median(FASTIFY + " " + method + " per second"));
      ratio(
          json,
          method + " / " + FASTIFY + ", per processor second",
          figures.median(FASTIFY + " " + method + " CPU µs") / figures.median(method + " CPU µs"));
    }
    ratio(
        json,
        "getDecryptedLlmKey / bare",
        figures.median("getDecryptedLlmKey µs") / figures.median("bare JDBC and JCE µs"));
    Path file = Path.of("target", "bench.json");
    Files.writeString(file, json.build().toString());
    System.out.println("Every figure of every round: " + file);
  }

  private static void ratio(JsonObjectBuilder json, String name, double value) {
    System.out.printf("%-50s %12.2f%n", name, value);
    json.add(name, value);
  }
}
