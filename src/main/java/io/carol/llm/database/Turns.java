package io.carol.llm.database;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Whose turn it is to use one of the connections, in the order of asking. In front of the pool,
 * which starts a task for every one that waits, and knows no queue that is too long. Thread-safe.
 *
 * <p>Goes by how long others did wait and not by how long the queue is: to refuse takes processor
 * time too, and who is refused too early comes back at once.
 */
final class Turns {
  private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long LOOK_MILLIS = 500;

  private final Semaphore free;
  private final long hopelessNanos;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile long lastWaitNanos;

  /**
   * @param hopeless a wait so long that nobody should join those who wait already
   */
  Turns(int connections, Duration hopeless) {
    this.free = new Semaphore(connections, true);
    this.hopelessNanos = hopeless.toNanos();
  }

  /**
   * Waits for a turn, which has to be given back with {@link #end}.
   *
   * @param inVain whether there is no point in waiting any longer; asked every half second
   * @return false when there is none to be had
   */
  boolean begin(BooleanSupplier inVain) {
    if (waiting.get() > 0 && lastWaitNanos > hopelessNanos) {
      return false;
    }
    long asked = System.nanoTime();
    waiting.incrementAndGet();
    try {
      while (!free.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        if (inVain.getAsBoolean() || System.nanoTime() - asked > LONGEST_NANOS) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lastWaitNanos = System.nanoTime() - asked;
      waiting.decrementAndGet();
    }
  }

  /** Gives a turn back. */
  void end() {
    free.release();
  }

  /** How many wait for theirs. */
  int waiting() {
    return waiting.get();
  }
}
