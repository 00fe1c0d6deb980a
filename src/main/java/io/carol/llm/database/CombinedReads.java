package io.carol.llm.database;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Reads one row for each caller, and combines the reads that wait at the same time. At most two
 * statements are under way, and a statement reads for up to 64 callers: the first of them, the
 * leader, runs it. A caller that need not wait runs a statement of its own. So does each caller of
 * a combined statement that one of its ids has spoiled, or whose leader was interrupted; these
 * statements are not counted. Thread-safe.
 *
 * <p>Nothing is kept: a statement starts after each of its callers has asked, so a caller sees
 * everything that was committed before. A row goes to the callers that asked for the id it was read
 * under. A statement that fails does so for its own callers alone.
 */
public final class CombinedReads<T> {
  private static final int MAX_STATEMENTS = 2;
  private static final int MAX_COMBINED = 64;

  /** A caller that waits for the rows of its statement, or for its turn to run one. */
  private record Read<T>(
      String id, long deadline, LinkedBlockingQueue<Supplier<Optional<Map<String, T>>>> rows) {}

  private final Function<String, Optional<T>> one;
  private final Function<List<String>, Optional<Map<String, T>>> many;
  private final IntSupplier maxWaitMillis;
  private final Supplier<? extends RuntimeException> busy;
  private final Semaphore places = new Semaphore(MAX_STATEMENTS);
  private final ArrayDeque<Read<T>> waiting = new ArrayDeque<>();

  /**
   * @param many reads rows by id; empty when one of the ids spoils the statement
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
    // A place that becomes free is for the callers that wait for it.
    if (!places.hasQueuedThreads() && places.tryAcquire()) {
      try {
        return one.apply(id);
      } finally {
        places.release();
      }
    }
    long deadline = System.nanoTime() + 1_000_000L * maxWaitMillis.getAsInt();
    Read<T> read = new Read<>(id, deadline, new LinkedBlockingQueue<>());
    synchronized (waiting) {
      waiting.add(read);
      if (waiting.size() == 1) {
        haveFirstLead();
      }
    }
    Optional<Map<String, T>> rows = await(read).get();
    return rows.isEmpty() ? one.apply(id) : Optional.ofNullable(rows.get().get(id));
  }

  int waiting() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  /**
   * Only the first caller in the queue waits for a place. When it has gone, the next one does. A
   * wait with a limit has the JDK wake another thread twice, which costs more than the wait itself.
   */
  private void haveFirstLead() {
    Optional.ofNullable(waiting.peek()).ifPresent(first -> first.rows.add(() -> lead(first)));
  }

  private Supplier<Optional<Map<String, T>>> await(Read<T> read) {
    try {
      return read.rows.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      synchronized (waiting) {
        waiting.remove(read);
        // If this caller was told to lead a moment ago, it has to pass that on to those behind it.
        return Optional.ofNullable(read.rows.poll()).orElseThrow(busy);
      }
    }
  }

  /** Runs a statement for the callers that wait by the time that there is a place for it. */
  private Optional<Map<String, T>> lead(Read<T> own) {
    boolean hasPlace = Database.tryAcquire(places, own.deadline - System.nanoTime());
    List<Read<T>> led = new ArrayList<>(List.of(own));
    synchronized (waiting) {
      waiting.remove(own);
      while (hasPlace && led.size() < MAX_COMBINED && !waiting.isEmpty()) {
        led.add(waiting.remove());
      }
      haveFirstLead();
    }
    if (!hasPlace) {
      throw busy.get();
    }
    Supplier<Optional<Map<String, T>>> answer = Optional::empty;
    try {
      Optional<Map<String, T>> rows = many.apply(led.stream().map(Read::id).distinct().toList());
      answer = () -> rows;
      return rows;
    } catch (RuntimeException | Error e) {
      // An interruption is meant for this caller alone, and may have ended its statement.
      if (!Thread.currentThread().isInterrupted()) {
        answer =
            () -> {
              throw e;
            };
      }
      throw e;
    } finally {
      places.release();
      for (Read<T> read : led) {
        read.rows.add(answer);
      }
    }
  }
}
