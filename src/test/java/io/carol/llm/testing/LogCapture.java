package io.carol.llm.testing;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.carol.llm.observability.TextLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the program writes to its log while this is open, as an operator reads it. */
public final class LogCapture extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private static final LoggerContext CONTEXT = (LoggerContext) LoggerFactory.getILoggerFactory();

  private final List<String> events = new CopyOnWriteArrayList<>();
  private final TextLayout layout = new TextLayout();

  public LogCapture() {
    setContext(CONTEXT);
    start();
    CONTEXT.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(this);
  }

  /** Everything so far. */
  public String text() {
    return String.join("", events);
  }

  /** Everything so far that holds this text, line by line, once there is any. */
  public List<String> linesWith(String text) {
    TestService.await("the log holds " + text, () -> text().contains(text));
    return text().lines().filter(line -> line.contains(text)).toList();
  }

  /** The events so far that hold this text, each with its stack trace if it has one. */
  public List<String> eventsWith(String text) {
    return events.stream().filter(event -> event.contains(text)).toList();
  }

  /** The only event so far of the loggers whose name begins so, without its time. */
  public String onlyEvent(String loggers) {
    List<String> found = eventsWith(" " + loggers);
    if (found.size() != 1) {
      throw new AssertionError("There is not one event of " + loggers + ":\n" + text());
    }
    return found.getFirst().strip().replaceFirst("^\\S+ ", "");
  }

  @Override
  protected void append(ILoggingEvent event) {
    events.add(layout.doLayout(event));
  }

  @Override
  public void close() {
    CONTEXT.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender(this);
  }
}
