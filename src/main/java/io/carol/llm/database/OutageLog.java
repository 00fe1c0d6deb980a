package io.carol.llm.database;

import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One line when the database goes away and one when it is back, however many requests notice.
 * Thread-safe.
 */
final class OutageLog {
  private static final System.Logger LOGGER = System.getLogger(Database.class.getName());

  /** Where some requests fail and some do not, this is still one outage. */
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final AtomicBoolean away = new AtomicBoolean();
  private volatile long lastFailure;

  void failed(String reason) {
    lastFailure = System.nanoTime();
    if (!away.getAndSet(true)) {
      LOGGER.log(Level.WARNING, "The database cannot be used: {0}", reason);
    }
  }

  void answered() {
    if (away.get()
        && System.nanoTime() - lastFailure > QUIET_NANOS
        && away.compareAndSet(true, false)) {
      LOGGER.log(Level.INFO, "The database can be used again");
    }
  }
}
