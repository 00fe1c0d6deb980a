package io.carol.llm.database;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Reads one row for each caller, and combines the reads that wait at the same time. At most two
 * statements are under way, and a statement reads for up to 64 callers. A caller that need not wait
 * runs a statement of its own. So does each caller of a combined statement that one of its ids has
 * spoiled, or whose leader was interrupted; these statements are not counted. Thread-safe.
 *
 * <p>Nothing is kept: a statement starts after each of its callers has asked, so a caller sees
 * everything that was committed before. A row goes to the callers that asked for the id it was read
 * under. A statement that fails does so for its own callers alone.
 *
 * @param <T> a row
 */
public final class CombinedReads<T> {
  private static final int MAX_STATEMENTS = 2;
  private static final int MAX_COMBINED = 64;

  /** A caller; {@code deadline} as {@link System#nanoTime}; {@code tasks} say what it does next. */
  private record Read<T>(String id, long deadline, BlockingQueue<Supplier<Optional<T>>> tasks) {}

  private final Function<String, Optional<T>> one;
  private final Function<List<String>, Optional<Map<String, T>>> many;
  private final IntSupplier maxWaitMillis;
  private final Supplier<? extends RuntimeException> busy;
  private final Deque<Read<T>> waiting = new ArrayDeque<>();
  private int statements;

  /**
   * @param one reads the row of an id
   * @param many reads the rows of several ids, by id; empty when one of the ids spoils the
   *     statement, so that each caller has to run its own
   * @param maxWaitMillis how long a caller may wait for its statement to start; one with a shorter
   *     limit than the callers before it waits as long as they do
   * @param busy what is thrown after that, and when a caller that waits is interrupted
   */
  CombinedReads(
      Function<String, Optional<T>> one,
      Function<List<String>, Optional<Map<String, T>>> many,
      IntSupplier maxWaitMillis,
      Supplier<? extends RuntimeException> busy) {
    this.one = one;
    this.many = many;
    this.maxWaitMillis = maxWaitMillis;
    this.busy = busy;
  }

  /** The row of an id; throws what the statement throws. */
  public Optional<T> read(String id) {
    Read<T> read = null;
    synchronized (waiting) {
      if (statements < MAX_STATEMENTS) {
        statements++;
      } else {
        long deadline = System.nanoTime() + 1_000_000L * maxWaitMillis.getAsInt();
        read = new Read<>(id, deadline, new LinkedBlockingQueue<>());
        waiting.add(read);
        if (waiting.size() == 1) {
          haveFirstWatch();
        }
      }
    }
    return read == null ? lead(id) : await(read, false);
  }

  /**
   * Only the first that waits watches the clock, and the next when the first has gone. A wait with
   * a limit has the JDK wake another thread twice, which costs more than the wait itself.
   */
  private void haveFirstWatch() {
    Read<T> first = waiting.peek();
    if (first != null) {
      first.tasks.add(() -> await(first, true));
    }
  }

  private Optional<T> await(Read<T> read, boolean watching) {
    Supplier<Optional<T>> task = null;
    try {
      long left = read.deadline - System.nanoTime();
      task = watching ? read.tasks.poll(left, NANOSECONDS) : read.tasks.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (task == null) {
      synchronized (waiting) {
        boolean first = read.equals(waiting.peek());
        if (waiting.remove(read) && first) {
          haveFirstWatch();
        }
        // A leader may have added a task a moment ago. If that task is to lead, other callers wait
        // for it, so it must not be dropped.
        task = read.tasks.poll();
      }
    }
    if (task == null) {
      throw busy.get();
    }
    return task.get();
  }

  /** How many callers wait for their statement to start. */
  int waiting() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  /** Runs a statement for the caller alone. */
  private Optional<T> lead(String id) {
    try {
      return one.apply(id);
    } finally {
      passOn();
    }
  }

  /** Runs a statement for these reads, of which the caller's own is the first. */
  private Optional<T> lead(List<Read<T>> led) {
    try {
      Optional<Map<String, T>> rows = many.apply(led.stream().map(Read::id).distinct().toList());
      led.forEach(read ->
          read.tasks.add(() ->
              rows.isEmpty() ? one.apply(read.id) : Optional.ofNullable(rows.get().get(read.id))));
      return led.getFirst().tasks.remove().get();
    } catch (RuntimeException | Error e) {
      // An interruption is meant for this caller alone, and may have ended its statement.
      boolean ownFault = Thread.currentThread().isInterrupted();
      // Those that have their answer already do not ask for another one.
      led.forEach(read ->
          read.tasks.add(() -> {
            if (ownFault) {
              return one.apply(read.id);
            }
            throw e;
          }));
      throw e;
    } finally {
      passOn();
    }
  }

  /** Has the reads that wait take the place of a statement that has ended. */
  private void passOn() {
    List<Read<T>> led = new ArrayList<>();
    synchronized (waiting) {
      while (!waiting.isEmpty() && led.size() < MAX_COMBINED) {
        led.add(waiting.remove());
      }
      if (led.isEmpty()) {
        statements--;
      } else {
        Read<T> leader = led.getFirst();
        leader.tasks.add(() -> led.size() == 1 ? lead(leader.id) : lead(led));
        haveFirstWatch();
      }
    }
  }
}
