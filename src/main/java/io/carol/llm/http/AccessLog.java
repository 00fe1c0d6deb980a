package io.carol.llm.http;

import io.carol.llm.observability.Logging;
import io.carol.llm.observability.UserHash;
import io.helidon.common.context.Context;
import io.helidon.webserver.http.ServerRequest;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One log line and one measurement for each request. Of what the client sent, only a well-formed
 * request id is in the line as it came: methods and routes are matched against known ones, user ids
 * are hashed. Thread-safe.
 */
public final class AccessLog {
  private static final Logger LOGGER = LoggerFactory.getLogger("io.carol.llm.access");
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");
  private static final Duration[] BUCKETS =
      IntStream.of(1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 3_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);
  private static final String NONE = "-";

  private record Series(String method, String route, int status) {}

  private final MeterRegistry meters;
  private final UserHash users;
  private final Set<String> routes;
  private final Level level;
  private final Map<Series, Timer> timers = new ConcurrentHashMap<>();

  /**
   * @param routes the paths that are named in log and metrics; others are counted together
   * @param level of the log lines
   */
  public AccessLog(MeterRegistry meters, UserHash users, Set<String> routes, Level level) {
    this.meters = meters;
    this.users = users;
    this.routes = routes;
    this.level = level;
  }

  /** A request that was answered before it was routed. */
  void unrouted(RequestId id, String method, ProblemType problem) {
    write(id, new Series(known(method), NONE, problem.status()), 0, NONE, problem.code(), NONE);
  }

  /**
   * A request that was routed.
   *
   * @param path as the client sent it
   * @param status 499 when the client was gone before the answer
   */
  void routed(RequestId id, ServerRequest request, String path, int status, long nanoseconds) {
    String method = known(request.prologue().method().text());
    Series series = new Series(method, routes.contains(path) ? path : NONE, status);
    Context context = request.context();
    String user = context.get(UserId.class).map(UserId::value).map(users::of).orElse(NONE);
    String refused = context.get(RefusedToken.class).map(RefusedToken::reason).orElse(NONE);
    String problem = context.get(ProblemType.class).map(ProblemType::code).orElse(NONE);
    write(id, series, nanoseconds, user, problem, refused);
  }

  private void write(
      RequestId id,
      Series series,
      long nanoseconds,
      String user,
      String problem,
      String refusedToken) {
    timers.computeIfAbsent(series, this::timer).record(Duration.ofNanos(nanoseconds));
    LoggingEventBuilder line =
        LOGGER
            .atLevel(level)
            .addKeyValue(Logging.REQUEST_ID, id.value())
            .addKeyValue("method", series.method)
            .addKeyValue("route", series.route)
            .addKeyValue("status", series.status)
            .addKeyValue(
                "duration_ms", BigDecimal.valueOf(nanoseconds, 6).setScale(2, RoundingMode.HALF_UP))
            .addKeyValue("user", user);
    if (!problem.equals(NONE)) {
      line = line.addKeyValue("problem", problem);
    }
    if (!refusedToken.equals(NONE)) {
      line = line.addKeyValue("refused", refusedToken);
    }
    line.log("");
  }

  private Timer timer(Series series) {
    return Timer.builder("http.server.requests")
        .description("HTTP requests by method, route and status")
        .serviceLevelObjectives(BUCKETS)
        .tag("method", series.method)
        .tag("route", series.route)
        .tag("status", String.valueOf(series.status))
        .register(meters);
  }

  private static String known(String method) {
    return METHODS.contains(method) ? method : NONE;
  }
}
