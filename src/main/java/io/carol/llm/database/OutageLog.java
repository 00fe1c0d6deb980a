package io.carol.llm.database;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line when the database goes away and one when it is back, however many requests notice.
 * Thread-safe.
 */
final class OutageLog {
  private static final Logger LOGGER = LoggerFactory.getLogger(Database.class);

  /** Where some requests fail and some do not, this is still one outage. */
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final AtomicBoolean away = new AtomicBoolean();
  private volatile long lastFailure;

  boolean isAway() {
    return away.get();
  }

  /** Takes note of a failure, and answers whether an outage begins with it. */
  boolean failed(String reason) {
    lastFailure = System.nanoTime();
    if (away.getAndSet(true)) {
      return false;
    }
    LOGGER.warn(
        "The database cannot be used: {}. Check that PostgreSQL runs, and check"
            + " CAROL_DATABASE_URL, CAROL_DATABASE_USER and the password",
        reason);
    return true;
  }

  void answered() {
    if (away.get()
        && System.nanoTime() - lastFailure > QUIET_NANOS
        && away.compareAndSet(true, false)) {
      LOGGER.info("The database can be used again");
    }
  }
}
