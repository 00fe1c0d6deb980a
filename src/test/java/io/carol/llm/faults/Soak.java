package io.carol.llm.faults;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Identity;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestBed;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code make soak}: the packed service under mixed traffic for minutes. Prints what it holds of
 * memory, threads, files and connections, writes every sample to {@code target/soak.json}, and ends
 * with 1 when any of it grows, or when a request is answered as it should not be.
 *
 * <p>Argument: minutes.
 */
final class Soak {
  private static final Duration BETWEEN_SAMPLES = Duration.ofSeconds(5);

  /** Too few say nothing about a quarter of the time. */
  private static final int FEWEST_SAMPLES = 16;

  private final Postgres postgres;
  private final ServiceProcess service;
  private final Map<String, List<Double>> samples = new LinkedHashMap<>();

  private Soak(Postgres postgres, ServiceProcess service) {
    this.postgres = postgres;
    this.service = service;
  }

  public static void main(String[] args) throws Exception {
    Duration time = Duration.ofSeconds(Math.round(Double.parseDouble(args[0]) * 60));
    boolean good;
    try (TestBed bed = TestBed.start("carol-soak");
        ServiceProcess service = ServiceProcess.start(bed.configuration())) {
      service.awaitReady();
      good = new Soak(bed.postgres(), service).run(time, bed.identity());
    }
    System.exit(good ? 0 : 1);
  }

  private boolean run(Duration time, Identity identity) throws Exception {
    try (SoakTraffic traffic = new SoakTraffic(service, identity)) {
      traffic.fillCaches();
      traffic.start();
      long end = System.nanoTime() + time.toNanos();
      while (System.nanoTime() < end) {
        Thread.sleep(BETWEEN_SAMPLES);
        sample();
      }
      traffic.stop();
      return report(time, traffic);
    }
  }

  private void sample() throws Exception {
    service.jcmd("GC.run");
    String metrics =
        new Api(service.observePort(), null).send("GET", "/observe/metrics", null).body();
    add("memory, MB", service.residentBytes() / 1e6);
    add(
        "heap after a collection, MB",
        metric(metrics, "jvm_memory_used_bytes\\{area=\"heap\"\\S*") / 1e6);
    add("threads", threads());
    add("open files", openFiles());
    add(
        "connections of the pool",
        metric(metrics, "hikaricp_connections_active")
            + metric(metrics, "hikaricp_connections_idle"));
    add(
        "connections at PostgreSQL",
        Double.parseDouble(
            postgres.sqlValue(
                "postgres",
                "SELECT count(*) FROM pg_stat_activity"
                    + " WHERE application_name = 'carol-llm-settings'")));
  }

  private void add(String name, double value) {
    samples.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
  }

  private double threads() throws IOException {
    try (Stream<Path> threads = Files.list(proc("task"))) {
      return threads.count();
    }
  }

  private double openFiles() throws IOException {
    try (Stream<Path> files = Files.list(proc("fd"))) {
      return files.count();
    }
  }

  private Path proc(String file) {
    return Path.of("/proc", Long.toString(service.pid()), file);
  }

  /** The sum of all series of this pattern. */
  private static double metric(String metrics, String pattern) {
    List<Double> values =
        Pattern.compile("^" + pattern + " ([0-9.E+]+)$", Pattern.MULTILINE)
            .matcher(metrics)
            .results()
            .map(series -> Double.valueOf(series.group(1)))
            .toList();
    if (values.isEmpty()) {
      throw new IllegalStateException("No metric " + pattern);
    }
    return values.stream().mapToDouble(Double::doubleValue).sum();
  }

  /** The compiler and the allocator of the C library go on taking a little; nothing else may. */
  private List<Growth> growths() {
    return samples.entrySet().stream()
        .map(entry ->
            switch (entry.getKey()) {
              case "memory, MB" -> new Growth(entry.getKey(), 1.05, 5, entry.getValue());
              case "heap after a collection, MB" ->
                  new Growth(entry.getKey(), 1.05, 2, entry.getValue());
              case "threads" -> new Growth(entry.getKey(), 1, 3, entry.getValue());
              case "open files" -> new Growth(entry.getKey(), 1, 8, entry.getValue());
              default -> new Growth(entry.getKey(), 1, 0, entry.getValue());
            })
        .toList();
  }

  private boolean report(Duration time, SoakTraffic traffic) throws IOException {
    if (samples.values().iterator().next().size() < FEWEST_SAMPLES) {
      throw new IllegalArgumentException("Too short to tell: give it two minutes at least");
    }
    System.out.printf("%d s, %s%n", time.toSeconds(), traffic.summary());
    System.out.printf(
        "%-30s %12s %12s %12s %12s%n",
        "median of", "2nd quarter", "4th quarter", "at most", "peak");
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("seconds", time.toSeconds())
            .add("traffic", traffic.summary());
    List<String> wrong = new ArrayList<>(traffic.unexpected());
    for (Growth growth : growths()) {
      System.out.printf(
          "%-30s %12.1f %12.1f %12.1f %12.1f%n",
          growth.name(), growth.before(), growth.after(), growth.limit(), growth.most());
      JsonArrayBuilder all = Json.createArrayBuilder();
      growth.samples().forEach(all::add);
      json.add(growth.name(), all);
      if (growth.isTooMuch()) {
        wrong.add(
            "%s: from %.1f to %.1f, and %.1f is the most it may be"
                .formatted(growth.name(), growth.before(), growth.after(), growth.limit()));
      }
    }
    Path file = Path.of("target", "soak.json");
    Files.writeString(file, json.build().toString());
    System.out.println("Every sample: " + file);
    System.out.println(
        wrong.isEmpty() ? "Nothing grows." : "NOT GOOD: " + String.join("\n", wrong));
    return wrong.isEmpty();
  }
}
