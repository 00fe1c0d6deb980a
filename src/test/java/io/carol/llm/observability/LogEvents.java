package io.carol.llm.observability;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/** Events of {@code io.carol.llm.some.Logger} at 2026-02-03T04:05:06.007Z. */
final class LogEvents {
  private LogEvents() {}

  static ILoggingEvent event(@Nullable String message, KeyValuePair... fields) {
    LoggingEvent event = event(message, (Throwable) null);
    for (KeyValuePair field : fields) {
      event.addKeyValuePair(field);
    }
    return event;
  }

  static ILoggingEvent thrown(Throwable thrown) {
    return event("failed", thrown);
  }

  private static LoggingEvent event(@Nullable String message, @Nullable Throwable thrown) {
    LoggingEvent event =
        new LoggingEvent(
            "unused",
            new LoggerContext().getLogger("io.carol.llm.some.Logger"),
            Level.INFO,
            message,
            thrown,
            null);
    event.setInstant(Instant.parse("2026-02-03T04:05:06.007Z"));
    return event;
  }
}
