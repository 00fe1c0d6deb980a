package io.carol.llm.observability;

import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.WriteRefusedException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Who did what with which API key: counted, and written to a logger of its own, {@code
 * io.carol.llm.audit}, one line of fields each. Never a key or anything made from one.
 *
 * <p>Every opening is counted. Of openings that are alike only the first within a minute is written
 * down, and the next line says how many there were since: an agent opens a key at every step.
 * Thread-safe.
 */
public final class Audit implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger("io.carol.llm.audit");
  private static final long SILENT_NANOS = Duration.ofMinutes(1).toNanos();

  /** In the place of a kid where none is known. */
  public static final String NO_KID = "-";

  private record Operation(String kid, String operation, String outcome) {}

  private record Opening(String userId, String origin, String kid, String outcome) {}

  /** How many openings have not been written down, and until when they need not be. */
  private record Pending(long count, long silentUntil) {}

  private final MeterRegistry meters;
  private final Map<Operation, Counter> counters = new ConcurrentHashMap<>();
  private final Map<Opening, Pending> openings = new ConcurrentHashMap<>();
  private final AtomicLong nextSweep = new AtomicLong(System.nanoTime() + SILENT_NANOS);

  /**
   * @param meters takes the counters, which stay there when this is closed
   */
  public Audit(MeterRegistry meters) {
    this.meters = meters;
  }

  /**
   * A key was stored.
   *
   * @param replaced whether there was one before
   */
  public void stored(String userId, LlmSettings settings, String kid, boolean replaced) {
    count(kid, "seal", "ok");
    write(
        "event",
        replaced ? "key_replaced" : "key_set",
        "user",
        UserHash.of(userId),
        "provider",
        settings.provider().wireName(),
        "origin",
        orNone(settings.origin()),
        "kid",
        kid);
  }

  /** A stored key was removed, the rest of the settings stays. */
  public void cleared(String userId) {
    write("event", "key_cleared", "user", UserHash.of(userId));
  }

  /**
   * Settings were removed.
   *
   * @param withKey whether a key went with them
   */
  public void deleted(String userId, boolean withKey) {
    write("event", "settings_deleted", "user", UserHash.of(userId), "with_key", withKey ? 1 : 0);
  }

  /** A write was refused, and nothing was changed. */
  public void refused(String userId, WriteRefusedException.Reason reason) {
    refused(userId, reason.name().toLowerCase(Locale.ROOT));
  }

  /**
   * A key was to be stored and could not be sealed, and nothing was changed.
   *
   * @param outcome why not
   */
  public void unsealed(String userId, String outcome) {
    count(NO_KID, "seal", outcome);
    refused(userId, outcome);
  }

  private static void refused(String userId, String reason) {
    write("event", "refused", "user", UserHash.of(userId), "reason", reason);
  }

  /**
   * A key was asked for by who may have it.
   *
   * @param origin where it was to be sent; empty for a provider with a fixed address
   * @param kid what it is sealed with
   * @param outcome {@code ok}, or why it could not be opened
   */
  public void opened(String userId, String origin, String kid, String outcome) {
    count(kid, "open", outcome);
    long now = System.nanoTime();
    openings.compute(
        new Opening(userId, origin, kid, outcome),
        (opening, pending) -> {
          long count = 1 + (pending == null ? 0 : pending.count);
          if (pending != null && now - pending.silentUntil < 0) {
            return new Pending(count, pending.silentUntil);
          }
          write(opening, count);
          return new Pending(0, now + SILENT_NANOS);
        });
    long sweep = nextSweep.get();
    if (now - sweep >= 0 && nextSweep.compareAndSet(sweep, now + SILENT_NANOS)) {
      sweep(now);
    }
  }

  /** Writes down what was counted and not yet said. */
  @Override
  public void close() {
    sweep(System.nanoTime() + SILENT_NANOS);
  }

  /** So that memory is for the users of the last minutes only. */
  private void sweep(long now) {
    for (Opening each : openings.keySet()) {
      openings.computeIfPresent(
          each,
          (opening, pending) -> {
            if (now - pending.silentUntil < 0) {
              return pending;
            }
            if (pending.count > 0) {
              write(opening, pending.count);
            }
            return null;
          });
    }
  }

  private static void write(Opening opening, long count) {
    write(
        "event",
        "key_opened",
        "user",
        UserHash.of(opening.userId),
        "origin",
        orNone(opening.origin),
        "kid",
        opening.kid,
        "outcome",
        opening.outcome,
        "count",
        count);
  }

  private static void write(Object... namesAndValues) {
    LoggingEventBuilder line = LOGGER.atInfo();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      line = line.addKeyValue(namesAndValues[i].toString(), namesAndValues[i + 1]);
    }
    line.log("");
  }

  private void count(String kid, String operation, String outcome) {
    counters.computeIfAbsent(new Operation(kid, operation, outcome), this::counter).increment();
  }

  private Counter counter(Operation counted) {
    return Counter.builder("encryption.key.operations")
        .description("API keys sealed and opened, by encryption key and outcome")
        .tag("kid", counted.kid)
        .tag("operation", counted.operation)
        .tag("outcome", counted.outcome)
        .register(meters);
  }

  private static String orNone(String origin) {
    return origin.isEmpty() ? "-" : origin;
  }
}
