package io.carol.llm.bench;

import io.carol.llm.testing.Identity;
import io.carol.llm.testing.Jar;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TemporaryFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  private final Map<String, String> configuration;
  private final Path tokens;
  private final Figures figures = new Figures();

  private StartBenchmark(Map<String, String> configuration, Path tokens) {
    this.configuration = configuration;
    this.tokens = tokens;
  }

  public static void main(String[] args) throws Exception {
    List<String> plain =
        Stream.concat(ServiceBenchmark.JAVA.stream(), Stream.of("-jar", Jar.FILE.toString()))
            .toList();
    Path folder = TemporaryFolder.untilExit("carol-bench");
    Identity identity = Identity.in(folder);
    try (Postgres postgres =
        Postgres.start(folder.resolve("postgres"), folder.resolve("postgres.log"))) {
      Map<String, String> configuration =
          ServiceProcess.configuration(identity, postgres.url("postgres"));
      try (ServiceProcess service = ServiceProcess.start(plain, configuration)) {
        ServiceBenchmark.fill(service, identity, postgres, USERS);
      }
      Path tokens = ServiceBenchmark.tokens(folder, identity, USERS, 1);
      // The jar with the cache must be there, or both would be the same.
      configuration.put("JAVA_OPTS", "-XX:AOTMode=on");
      var benchmark = new StartBenchmark(configuration, tokens);
      for (int round = 0; round < Integer.parseInt(args[0]); round++) {
        benchmark.round("without cache", plain);
        benchmark.round("with cache", ServiceProcess.LAUNCHER);
      }
      benchmark.figures.print();
    }
  }

  private void round(String name, List<String> command) throws Exception {
    try (ServiceProcess service = ServiceProcess.start(command, configuration)) {
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
    return Load.wrk(
        service.api(ServiceBenchmark.PATH).toString(), tokens, CONNECTIONS, seconds, 0, "GET");
  }
}
