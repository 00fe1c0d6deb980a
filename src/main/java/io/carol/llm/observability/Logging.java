package io.carol.llm.observability;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import io.carol.llm.config.LogConfig;
import java.util.Map;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The log of the process, on standard error, since standard output is for what a command answers.
 */
public final class Logging {
  /** The name of a request's id, in the log and in the {@link org.slf4j.MDC} of its thread. */
  public static final String REQUEST_ID = "requestId";

  private static final int QUEUE_SIZE = 8_192;
  // A reader of the log that has stopped reading must not keep the process from ending.
  private static final int MAX_FLUSH_MILLIS = 5_000;

  private static final Map<String, Level> QUIET =
      Map.of(
          // Say for every connection what the service says once for an outage.
          "org.postgresql", Level.OFF,
          "com.zaxxer.hikari.pool.PoolBase", Level.OFF,
          "com.zaxxer.hikari.pool.ProxyConnection", Level.OFF,
          // Warns when it is closed during an outage, while it waits for its next attempt.
          "com.zaxxer.hikari.pool.HikariPool", Level.ERROR,
          // Says at every attempt to migrate what the service says once.
          "org.flywaydb", Level.OFF,
          // Says for every malformed request what its line of the access log says.
          "io.helidon.webserver.http.ErrorHandlers", Level.OFF,
          // Warns at every start that the contract is not generated from code.
          "io.helidon.openapi.OpenApiHttpFeature", Level.OFF);

  private static Runnable flush = () -> {};

  private Logging() {}

  /**
   * Has the whole process log as configured, whichever logging interface a library uses. The level
   * is that of this program's own loggers. Libraries write warnings and errors only, because below
   * {@code WARN} some write parameters of statements and headers as they were sent, keys and tokens
   * among them.
   *
   * <p>One thread writes all events in order, and none is dropped: a thread that logs waits while
   * 8,192 events are queued. The queue is written out before the JVM ends.
   */
  public static synchronized void configure(LogConfig config) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    Level level = Level.toLevel(config.level());
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(level.isGreaterOrEqual(Level.WARN) ? level : Level.WARN);
    context.getLogger("io.carol.llm").setLevel(level);
    QUIET.forEach((name, quiet) -> context.getLogger(name).setLevel(quiet));
    Layout<ILoggingEvent> layout = config.json() ? new JsonLayout() : new TextLayout();
    AsyncAppender queue = queue(context, console(context, layout));
    root.addAppender(queue);
    Appender<ILoggingEvent> direct = console(context, layout);
    flush =
        () -> {
          // In this order nothing is lost of what other threads log meanwhile.
          root.addAppender(direct);
          root.detachAppender(queue);
          queue.stop();
        };
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Runtime.getRuntime().addShutdownHook(new Thread(Logging::flush, "log-flush"));
  }

  /**
   * Writes out what is queued. From then on each event is written by the thread that logs it, so
   * that none is lost while the JVM ends.
   */
  public static synchronized void flush() {
    flush.run();
    flush = () -> {};
  }

  private static AsyncAppender queue(LoggerContext context, Appender<ILoggingEvent> console) {
    AsyncAppender queue = new AsyncAppender();
    queue.setContext(context);
    queue.setQueueSize(QUEUE_SIZE);
    queue.setDiscardingThreshold(0);
    queue.setMaxFlushTime(MAX_FLUSH_MILLIS);
    queue.addAppender(console);
    queue.start();
    return queue;
  }

  private static Appender<ILoggingEvent> console(
      LoggerContext context, Layout<ILoggingEvent> layout) {
    layout.setContext(context);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setLayout(layout);
    encoder.start();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setTarget("System.err");
    console.setEncoder(encoder);
    console.start();
    return console;
  }
}
