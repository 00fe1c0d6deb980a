package io.carol.llm.k8s;

import io.carol.llm.testing.Identity;
import io.carol.llm.testing.Median;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TemporaryFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code make bench-start}: how long from starting the process until the readiness probe answers
 * 200 on a migrated database, and how much memory it then holds, with and without the ahead-of-time
 * cache. Medians of interleaved rounds.
 *
 * <p>Arguments: the cache, then the command that runs the service.
 */
final class StartBenchmark {
  private static final int ROUNDS = 10;

  private record Start(double millis, double residentMegabytes) {}

  private StartBenchmark() {}

  public static void main(String[] args) throws Exception {
    List<String> plain = List.of(args).subList(1, args.length);
    List<String> cached = new ArrayList<>(plain);
    cached.add(1, "-XX:AOTCache=" + args[0]);
    // A cache that does not fit is otherwise passed over without a word.
    cached.add(2, "-XX:AOTMode=on");
    Path folder = TemporaryFolder.untilExit("carol-bench");
    try (Postgres postgres =
        Postgres.start(folder.resolve("postgres"), folder.resolve("postgres.log"))) {
      Map<String, String> configuration =
          ServiceProcess.configuration(Identity.in(folder), postgres.url("postgres"));
      // The first start migrates, and warms the disk.
      start(plain, configuration);
      start(cached, configuration);
      List<Start> plainStarts = new ArrayList<>();
      List<Start> cachedStarts = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        plainStarts.add(start(plain, configuration));
        cachedStarts.add(start(cached, configuration));
      }
      System.out.printf("%-18s %12s %12s%n", "medians of " + ROUNDS, "ready (ms)", "RSS (MB)");
      print("without cache", plainStarts);
      print("with cache", cachedStarts);
    }
  }

  private static Start start(List<String> command, Map<String, String> configuration)
      throws Exception {
    try (ServiceProcess service = ServiceProcess.start(command, configuration)) {
      double millis = service.awaitReady().toNanos() / 1e6;
      return new Start(millis, service.residentBytes() / 1e6);
    }
  }

  private static void print(String name, List<Start> starts) {
    System.out.printf(
        "%-18s %12.0f %12.0f%n",
        name,
        Median.of(starts.stream().map(Start::millis).toList()),
        Median.of(starts.stream().map(Start::residentMegabytes).toList()));
  }
}
