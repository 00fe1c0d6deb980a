package io.carol.llm.database;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Whose turn it is to use one of the connections. In front of the pool, which has itself be filled
 * up by another thread for every one that waits, and knows no queue that is too long. Thread-safe.
 */
final class Turns {
  /** Who would have to wait longer is told at once; most clients are gone by then. */
  private static final long HOPELESS_NANOS = Duration.ofSeconds(2).toNanos();

  private static final long LONGEST_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long LOOK_MILLIS = 500;

  private final int connections;
  private final Semaphore free;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile long usualNanos;

  Turns(int connections) {
    this.connections = connections;
    this.free = new Semaphore(connections, true);
  }

  /**
   * Waits for a turn, which has to be given back with {@link #end}.
   *
   * @param inVain whether there is no point in waiting any longer; asked every half second
   * @return false when there is none to be had
   */
  boolean begin(BooleanSupplier inVain) {
    int ahead = waiting.getAndIncrement();
    try {
      if (ahead * usualNanos / connections > HOPELESS_NANOS) {
        return false;
      }
      long asked = System.nanoTime();
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
      waiting.decrementAndGet();
    }
  }

  /** Says how long a turn was that led to something. */
  void took(long nanoseconds) {
    // One that is lost between two threads does no harm.
    long usual = usualNanos;
    usualNanos = usual + (nanoseconds - usual) / 32;
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
