package io.carol.llm.database;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is to use one of the connections, in the order of asking. In front of the pool,
 * which starts a task for every one that waits, and knows no queue that is too long. Thread-safe.
 *
 * <p>Goes by how long others did wait and not by how long the queue is: to refuse takes processor
 * time too, and who is refused too early comes back at once.
 *
 * <p>Nobody waits with a time limit of their own, which would cost a timer for each request. {@link
 * #look} has to be called every now and then instead.
 */
final class Turns {
  private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long IN_VAIN_NANOS = Duration.ofMillis(500).toNanos();

  /**
   * @param verdict whether it got its turn; null while it waits
   */
  private record Waiter(Thread thread, long since, AtomicReference<@Nullable Boolean> verdict) {
    static Waiter now() {
      return new Waiter(Thread.currentThread(), System.nanoTime(), new AtomicReference<>());
    }

    long waitedNanos() {
      return System.nanoTime() - since;
    }

    /** False when it has its verdict already. */
    boolean tell(boolean turn) {
      boolean told = verdict.compareAndSet(null, turn);
      if (told) {
        LockSupport.unpark(thread);
      }
      return told;
    }
  }

  private final AtomicInteger free;
  private final long hopelessNanos;
  private final Queue<Waiter> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile long lastWaitNanos;

  /**
   * @param hopeless a wait so long that nobody should join those who wait already
   */
  Turns(int connections, Duration hopeless) {
    this.free = new AtomicInteger(connections);
    this.hopelessNanos = hopeless.toNanos();
  }

  /**
   * Waits for a turn, which has to be given back with {@link #end}.
   *
   * @return false when there is none to be had
   */
  boolean begin() {
    if (waiting.get() > 0 && lastWaitNanos > hopelessNanos) {
      return false;
    }
    if (waiting.get() == 0 && take()) {
      lastWaitNanos = 0;
      return true;
    }
    waiting.incrementAndGet();
    Waiter waiter = Waiter.now();
    queue.add(waiter);
    // One may have become free before it was in the queue.
    handOut();
    boolean turn = verdict(waiter);
    lastWaitNanos = waiter.waitedNanos();
    waiting.decrementAndGet();
    return turn;
  }

  /** Gives a turn back. */
  void end() {
    free.incrementAndGet();
    handOut();
  }

  /** How many wait for theirs. */
  int waiting() {
    return waiting.get();
  }

  /**
   * Sends those away who have waited for too long.
   *
   * @param inVain whether there is no point in waiting any longer
   */
  void look(boolean inVain) {
    long longest = inVain ? IN_VAIN_NANOS : LONGEST_NANOS;
    queue.removeIf(waiter -> waiter.waitedNanos() > longest && waiter.tell(false));
  }

  private boolean verdict(Waiter waiter) {
    boolean interrupted = false;
    Boolean turn = waiter.verdict.get();
    while (turn == null) {
      LockSupport.park(this);
      if (Thread.interrupted()) {
        interrupted = true;
        waiter.tell(false);
      }
      turn = waiter.verdict.get();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return turn;
  }

  private void handOut() {
    while (!queue.isEmpty() && take()) {
      Waiter next = queue.poll();
      if (next == null || !next.tell(true)) {
        free.incrementAndGet();
      }
    }
  }

  private boolean take() {
    int known = free.get();
    while (known > 0) {
      int now = free.compareAndExchange(known, known - 1);
      if (now == known) {
        return true;
      }
      known = now;
    }
    return false;
  }
}
