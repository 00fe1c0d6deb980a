package io.carol.llm.testing;

import io.carol.llm.LogFormatter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * What the program writes to its log while this is open, as an operator reads it. Meanwhile nothing
 * of it gets to the console.
 */
public final class LogCapture extends Handler implements AutoCloseable {
  private static final Logger ROOT = Logger.getLogger("");

  private final List<String> records = new CopyOnWriteArrayList<>();
  private final List<Handler> others = List.of(ROOT.getHandlers());

  public LogCapture() {
    setFormatter(new LogFormatter());
    setLevel(Level.ALL);
    others.forEach(ROOT::removeHandler);
    ROOT.addHandler(this);
  }

  /** Everything so far. */
  public String text() {
    return String.join("", records);
  }

  /** Everything so far that holds this text, line by line, once there is any. */
  public List<String> linesWith(String text) {
    TestService.await("the log holds " + text, () -> text().contains(text));
    return text().lines().filter(line -> line.contains(text)).toList();
  }

  @Override
  public void publish(LogRecord logged) {
    records.add(getFormatter().format(logged));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    ROOT.removeHandler(this);
    others.forEach(ROOT::addHandler);
  }
}
