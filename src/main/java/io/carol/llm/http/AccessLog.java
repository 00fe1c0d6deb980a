package io.carol.llm.http;

import io.carol.llm.observability.Logging;
import io.carol.llm.observability.UserHash;
import io.helidon.common.context.Context;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
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

  private final MeterProvider<Timer> timers;
  private final UserHash users;
  private final Set<String> routes;
  private final Level level;

  /**
   * @param routes the paths that are named in log and metrics; others are counted together
   * @param level of the log lines
   */
  public AccessLog(MeterRegistry meters, UserHash users, Set<String> routes, Level level) {
    this.timers =
        Timer.builder("http.server.requests")
            .description("HTTP requests by method, route and status")
            .serviceLevelObjectives(BUCKETS)
            .withRegistry(meters);
    this.users = users;
    this.routes = routes;
    this.level = level;
  }

  /**
   * Logs and measures one request.
   *
   * @param path as the client sent it; empty when the request was answered before it was routed
   * @param status 499 when the client was gone before the answer
   * @param context has the user id, the problem and the reason of a refused token, if there are any
   */
  void write(
      RequestId id, String method, String path, int status, long nanoseconds, Context context) {
    String knownMethod = METHODS.contains(method) ? method : NONE;
    String route = routes.contains(path) ? path : NONE;
    timers
        .withTags("method", knownMethod, "route", route, "status", String.valueOf(status))
        .record(Duration.ofNanos(nanoseconds));
    String user = context.get(UserId.class).map(UserId::value).map(users::of).orElse(NONE);
    LoggingEventBuilder line =
        LOGGER
            .atLevel(level)
            .addKeyValue(Logging.REQUEST_ID, id.value())
            .addKeyValue("method", knownMethod)
            .addKeyValue("route", route)
            .addKeyValue("status", status)
            .addKeyValue(
                "duration_ms", BigDecimal.valueOf(nanoseconds, 6).setScale(2, RoundingMode.HALF_UP))
            .addKeyValue("user", user);
    Optional<ProblemType> problem = context.get(ProblemType.class);
    if (problem.isPresent()) {
      line = line.addKeyValue("problem", problem.get().code());
    }
    Optional<RefusedToken> refused = context.get(RefusedToken.class);
    if (refused.isPresent()) {
      line = line.addKeyValue("refused", refused.get().reason());
    }
    line.log("");
  }
}
