package io.carol.llm;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/**
 * Writes log lines to standard error, in UTF-8. With the JDK's own handler every request waits for
 * whoever is writing; here it leaves its line to them and goes on, and what was left goes out in
 * one piece. Lines of one thread stay in order. Thread-safe.
 *
 * <p>A configuration of logging can give it a {@code level}; its format is the program's.
 */
public final class LogHandler extends Handler {
  /**
   * How many lines may be left to others. With more, standard error is stuck, and everybody waits.
   */
  static final int MOST_LEFT = 200;

  private final PrintStream out;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final AtomicInteger left = new AtomicInteger();
  private final ReentrantLock writing = new ReentrantLock();

  /** Made by the log manager, by name. */
  public LogHandler() {
    this(System.err);
  }

  LogHandler(PrintStream out) {
    this.out = out;
    setFormatter(new LogFormatter());
  }

  @Override
  public void publish(LogRecord logged) {
    if (!isLoggable(logged)) {
      return;
    }
    try {
      lines.add(getFormatter().format(logged));
    } catch (RuntimeException e) {
      reportError(null, e, ErrorManager.FORMAT_FAILURE);
      return;
    }
    if (left.incrementAndGet() > MOST_LEFT) {
      flush();
    } else {
      writeUnlessAnotherDoes();
    }
  }

  /** Returns when all lines published before are written. */
  @Override
  public void flush() {
    writing.lock();
    writeAndUnlock();
  }

  @Override
  public void close() {
    flush();
  }

  private void writeUnlessAnotherDoes() {
    if (writing.tryLock()) {
      writeAndUnlock();
    }
  }

  private void writeAndUnlock() {
    try {
      List<String> batch = new ArrayList<>();
      for (String line = lines.poll(); line != null; line = lines.poll()) {
        batch.add(line);
      }
      left.addAndGet(-batch.size());
      byte[] bytes = String.join("", batch).getBytes(StandardCharsets.UTF_8);
      out.write(bytes, 0, bytes.length);
      out.flush();
    } finally {
      writing.unlock();
    }
    if (!lines.isEmpty()) {
      // Left in the meantime. Not here: where writing is slow that would go on for ever.
      Thread.startVirtualThread(this::writeUnlessAnotherDoes);
    }
  }
}
