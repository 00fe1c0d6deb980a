package io.carol.llm.bench;

import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestBed;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * {@code make bench-start}: how long from starting the process until the readiness probe answers
 * 200 on a migrated database, how much memory it then holds, and how many GETs it answers in the
 * first seconds, beside what it answers later. By the launcher with its ahead-of-time cache, and
 * with the same options without. Medians of interleaved rounds.
 *
 * <p>Argument: rounds.
 */
final class StartBenchmark {
  private static final int CONNECTIONS = 64;
  private static final int USERS = 1_000;
  private static final int SECONDS = 5;
  private static final int WARM_UP_SECONDS = 15;

  private final Path tokens;
  private final Figures figures = new Figures();

  private StartBenchmark(Path tokens) {
    this.tokens = tokens;
  }

  public static void main(String[] args) throws Exception {
    List<String> plain =
        Stream.concat(
                ServiceBenchmark.JAVA.stream(), Stream.of("-jar", ServiceProcess.JAR.toString()))
            .toList();
    try (TestBed bed = TestBed.start("carol-bench")) {
      Map<String, String> configuration = bed.configuration();
      try (ServiceProcess service = ServiceProcess.start(plain, configuration)) {
        ServiceBenchmark.fill(service, bed, USERS);
      }
      Path tokens = ServiceBenchmark.tokens(bed, USERS, 1);
      // The jar with the cache must be there, or both would be the same.
      configuration.put("JAVA_OPTS", "-XX:AOTMode=on");
      var benchmark = new StartBenchmark(tokens);
      for (int round = 0; round < Integer.parseInt(args[0]); round++) {
        benchmark.round("without cache", () -> ServiceProcess.start(plain, configuration));
        benchmark.round("with cache", () -> ServiceProcess.start(configuration));
      }
      benchmark.figures.print();
    }
  }

  private void round(String name, Supplier<ServiceProcess> start) throws Exception {
    try (ServiceProcess service = start.get()) {
      figures.add(name + ": ready ms", service.awaitReady().toNanos() / 1e6);
      figures.add(name + ": RSS MB when ready", service.residentBytes() / 1e6);
      Load.Result first = get(service, SECONDS);
      get(service, WARM_UP_SECONDS);
      Load.Result warm = get(service, SECONDS);
      figures.add(name + ": GET per second in the first " + SECONDS + " s", first.perSecond());
      figures.add(name + ": p99 ms in the first " + SECONDS + " s", first.p99());
      figures.add(name + ": GET per second when warm", warm.perSecond());
      figures.add(name + ": first / warm", first.perSecond() / warm.perSecond());
      figures.add(name + ": RSS MB when warm", service.residentBytes() / 1e6);
      figures.add(name + ": errors", (double) first.errors() + warm.errors());
    }
  }

  private Load.Result get(ServiceProcess service, int seconds) throws Exception {
    return Load.wrk(service, tokens, CONNECTIONS, seconds, 0, "GET");
  }
}
