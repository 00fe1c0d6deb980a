package io.carol.llm.observability;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Counts each use of a user's API key and each change of it, and writes it to a logger of its own,
 * {@code io.carol.llm.audit}, as one line of fields. The line has the id of the request if there is
 * one. It never has a key or anything made from one.
 *
 * <p>An agent opens a key at every step. So of openings that are alike the first one is written at
 * once, and the number of those that follow within a minute, which may be of many requests, when
 * that minute is over. Thread-safe.
 */
public final class Audit implements AutoCloseable {
  /** Stands in a line where there is no kid, origin or reason. */
  public static final String NONE = "-";

  private static final Logger LOGGER = LoggerFactory.getLogger("io.carol.llm.audit");
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int MAX_COUNTED_OPENINGS = 10_000;

  private record Opening(String user, String origin, String kid, String outcome) {}

  private final UserHash users;
  private final MeterRegistry meters;
  private final MeterProvider<Counter> operations;
  // How often each opening was repeated since it was written.
  private final Cache<Opening, Long> repetitions =
      Caffeine.newBuilder()
          .expireAfter(Expiry.<Opening, Long>creating((opening, count) -> MINUTE))
          .maximumSize(MAX_COUNTED_OPENINGS)
          .scheduler(Scheduler.systemScheduler())
          .executor(Runnable::run)
          .<Opening, Long>removalListener((opening, count, cause) -> {
            // Neither is null: the cache holds both strongly.
            if (opening != null && count != null && count > 0 && cause != RemovalCause.REPLACED) {
              // It may run in the thread of an unrelated request.
              write(opening, count, null);
            }
          })
          .build();

  /**
   * @param meters takes the counters, which stay there when this is closed
   */
  public Audit(UserHash users, MeterRegistry meters) {
    this.users = users;
    this.meters = meters;
    this.operations =
        Counter.builder("encryption.key.operations")
            .description("API keys sealed and opened, by encryption key and outcome")
            .withRegistry(meters);
  }

  /**
   * A key was stored.
   *
   * @param origin where it may be sent; empty for a provider with a fixed address
   */
  public void stored(String userId, String provider, String origin, String kid, boolean replaced) {
    count(kid, "seal", "ok");
    event(replaced ? "key_replaced" : "key_set", users.of(userId))
        .addKeyValue("provider", provider)
        .addKeyValue("origin", orNone(origin))
        .addKeyValue("kid", kid)
        .log("");
  }

  /** A stored key was removed, and the rest of the settings stays. */
  public void cleared(String userId) {
    event("key_cleared", users.of(userId)).log("");
  }

  /** Settings were removed, and a key with them or not. */
  public void deleted(String userId, boolean withKey) {
    event("settings_deleted", users.of(userId)).addKeyValue("with_key", withKey ? 1 : 0).log("");
  }

  /** A write was refused, and nothing was changed. */
  public void refused(String userId, String reason) {
    event("refused", users.of(userId)).addKeyValue("reason", reason).log("");
  }

  /** The same because a key could not be sealed. */
  public void notSealed(String userId, String reason) {
    count(NONE, "seal", reason);
    refused(userId, reason);
  }

  /**
   * The agent asked for a key.
   *
   * @param origin where the key may be sent; empty for a provider with a fixed address
   * @param outcome {@code ok}, or why it could not be opened
   */
  public void opened(String userId, String origin, String kid, String outcome) {
    count(kid, "open", outcome);
    Opening opening = new Opening(users.of(userId), origin, kid, outcome);
    if (repetitions.asMap().merge(opening, 0L, (count, zero) -> count + 1) == 0) {
      write(opening, 1, MDC.get(Logging.REQUEST_ID));
    }
  }

  /**
   * Settings were tried against their provider.
   *
   * @param origin what was asked; empty when nothing was
   * @param reason why the verdict is not better; {@link #NONE} for none
   */
  public void checked(String userId, String origin, String verdict, String reason) {
    Counter.builder("llm.connection.checks")
        .description("Checks of a connection, by verdict and reason")
        .tag("verdict", verdict)
        .tag("reason", reason)
        .register(meters)
        .increment();
    event("settings_checked", users.of(userId))
        .addKeyValue("origin", orNone(origin))
        .addKeyValue("verdict", verdict)
        .addKeyValue("reason", reason)
        .log("");
  }

  /** The agent said how a provider took the settings of a user. */
  public void reported(String outcome) {
    Counter.builder("llm.reported.outcomes")
        .description("Outcomes that the agent reported, also those that were not stored anew")
        .tag("outcome", outcome)
        .register(meters)
        .increment();
  }

  /** Writes what was counted and is not written yet. */
  @Override
  public void close() {
    repetitions.invalidateAll();
  }

  private static void write(Opening opening, long count, @Nullable String requestId) {
    event("key_opened", opening.user, requestId)
        .addKeyValue("origin", orNone(opening.origin))
        .addKeyValue("kid", opening.kid)
        .addKeyValue("outcome", opening.outcome)
        .addKeyValue("count", count)
        .log("");
  }

  private static LoggingEventBuilder event(String event, String user) {
    return event(event, user, MDC.get(Logging.REQUEST_ID));
  }

  private static LoggingEventBuilder event(String event, String user, @Nullable String requestId) {
    LoggingEventBuilder line = LOGGER.atInfo().addKeyValue("event", event);
    return (requestId == null ? line : line.addKeyValue(Logging.REQUEST_ID, requestId))
        .addKeyValue("user", user);
  }

  private void count(String kid, String operation, String outcome) {
    operations.withTags("kid", kid, "operation", operation, "outcome", outcome).increment();
  }

  private static String orNone(String origin) {
    return origin.isEmpty() ? NONE : origin;
  }
}
