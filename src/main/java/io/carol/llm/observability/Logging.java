package io.carol.llm.observability;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.carol.llm.config.LogConfig;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** The log of the process, on standard output. */
public final class Logging {
  /**
   * One line an event: time in UTC, level, logger, message, fields. What could end the line or
   * steer a terminal is replaced, so that nothing sent by a client can look like a line of its own.
   */
  public static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSX, UTC} %level %logger"
          + " %replace(%msg%kvp{NONE}){'[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]', '?'}%n%ex";

  private static final int QUEUE_SIZE = 8_192;

  // The level below which each of these writes nothing, whatever CAROL_LOG_LEVEL says.
  private static final Map<String, Level> CAPPED =
      Map.of(
          "io.helidon", Level.WARN,
          "org.flywaydb", Level.WARN,
          "com.zaxxer.hikari", Level.WARN,
          // The next three write values of statements, and with them sealed keys, at lower levels.
          "io.helidon.dbclient", Level.WARN,
          "org.postgresql", Level.OFF,
          // Say for every connection what the service says once for an outage.
          "com.zaxxer.hikari.pool.PoolBase", Level.OFF,
          "com.zaxxer.hikari.pool.ProxyConnection", Level.OFF,
          // Write targets and headers as they were sent.
          "io.helidon.webserver.http.ErrorHandlers", Level.OFF,
          "io.helidon.openapi.OpenApiHttpFeature", Level.OFF);

  private Logging() {}

  /** Replaces what was configured before. Not to be called while other threads log. */
  public static void configure(LogConfig config) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setEncoder(config.json() ? json(context) : text(context));
    console.start();
    AsyncAppender queue = new AsyncAppender();
    queue.setContext(context);
    queue.setQueueSize(QUEUE_SIZE);
    // An event is never dropped: a request waits when the queue is full.
    queue.setDiscardingThreshold(0);
    queue.addAppender(console);
    queue.start();
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(config.level()));
    root.addAppender(queue);
    CAPPED.forEach((name, level) -> context.getLogger(name).setLevel(level));
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  /** Writes out what is queued, and stops. */
  public static void flush() {
    ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
  }

  private static Encoder<ILoggingEvent> text(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> json(LoggerContext context) {
    JsonEncoder encoder = new JsonEncoder();
    encoder.setContext(context);
    encoder.setWithFormattedMessage(true);
    encoder.setWithMessage(false);
    encoder.setWithArguments(false);
    encoder.setWithContext(false);
    encoder.setWithSequenceNumber(false);
    encoder.setWithNanoseconds(false);
    encoder.start();
    return encoder;
  }
}
