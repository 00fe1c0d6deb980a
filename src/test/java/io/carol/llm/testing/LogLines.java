package io.carol.llm.testing;

import io.carol.llm.LogFormatter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the program logs while this is open, formatted as the program does. */
public final class LogLines implements AutoCloseable {
  private static final Logger ROOT = Logger.getLogger("");

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        private final LogFormatter formatter = new LogFormatter();

        @Override
        public void publish(LogRecord logged) {
          lines.add(formatter.format(logged));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  public LogLines() {
    ROOT.addHandler(handler);
  }

  /** The records so far that hold this text, each with its stack trace if it has one. */
  public List<String> with(String text) {
    return lines.stream().filter(line -> line.contains(text)).toList();
  }

  @Override
  public void close() {
    ROOT.removeHandler(handler);
  }
}
