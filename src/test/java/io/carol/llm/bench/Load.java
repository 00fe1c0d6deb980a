package io.carol.llm.bench;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Command;
import io.carol.llm.testing.ServiceProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs what puts a load on something: wrk on a server, pgbench on the database. */
public final class Load {
  private static final Pattern WRK =
      Pattern.compile("RESULT (\\d+) (\\d+) (\\d+) (\\d+) (\\d+) (\\d+)");
  private static final Pattern PGBENCH = Pattern.compile("tps = ([0-9.]+) \\(without");
  private static final String SCRIPT = "src/test/resources/bench/settings.lua";

  /** What came of one run; latencies in milliseconds. */
  public record Result(
      double perSecond, double p50, double p99, double p999, long requests, long errors) {}

  private Load() {}

  /**
   * Sends requests of users taken at random.
   *
   * @param pause how long each connection waits before a request on average, in milliseconds
   * @param request the method, and the body if there is one
   */
  public static Result wrk(
      ServiceProcess service,
      Path tokens,
      int connections,
      int seconds,
      long pause,
      String... request) {
    List<String> command =
        new ArrayList<>(
            List.of("wrk", "-t" + Math.min(2, connections), "-c" + connections, "-d" + seconds));
    command.addAll(List.of("-s", SCRIPT, service.api(Api.PATH).toString()));
    command.addAll(List.of("--", tokens.toString()));
    command.addAll(List.of(request[0], Long.toString(pause)));
    command.addAll(List.of(request).subList(1, request.length));
    MatchResult found = find(WRK, command);
    double duration = Long.parseLong(found.group(2)) / 1e6;
    long requests = Long.parseLong(found.group(1));
    return new Result(
        requests / duration,
        Long.parseLong(found.group(3)) / 1e3,
        Long.parseLong(found.group(4)) / 1e3,
        Long.parseLong(found.group(5)) / 1e3,
        requests,
        Long.parseLong(found.group(6)));
  }

  /**
   * Runs one statement with prepared parameters on ten connections, as many as the service has.
   *
   * @param script what pgbench runs
   * @return statements per second
   */
  static double pgbench(int port, Path script, int seconds, Map<String, String> parameters) {
    List<String> command =
        new ArrayList<>(List.of("pgbench", "-h", "localhost", "-p", Integer.toString(port)));
    command.addAll(List.of("-U", "postgres", "-n", "-M", "prepared", "-c", "10", "-j", "2"));
    command.addAll(List.of("-T", Integer.toString(seconds), "-f", script.toString()));
    parameters.forEach((name, value) -> command.addAll(List.of("-D", name + "=" + value)));
    command.add("postgres");
    return Double.parseDouble(find(PGBENCH, command).group(1));
  }

  private static MatchResult find(Pattern pattern, List<String> command) {
    String output = Command.run(new ProcessBuilder(command)).output();
    Matcher matcher = pattern.matcher(output);
    if (!matcher.find()) {
      throw new IllegalStateException(command + " wrote:\n" + output);
    }
    return matcher.toMatchResult();
  }
}
