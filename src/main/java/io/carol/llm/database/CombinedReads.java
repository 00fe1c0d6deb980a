package io.carol.llm.database;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Reads one row for each caller, and combines the reads that wait at the same time: two statements
 * are under way at most, and a statement reads for up to 64 callers. A caller that need not wait
 * runs a statement of its own. Thread-safe.
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

  /** A caller that waits. */
  private final class Read {
    private final String id;
    private final CompletableFuture<Turn<T>> turn = new CompletableFuture<>();

    private Read(String id) {
      this.id = id;
    }
  }

  /** What a caller has waited for. */
  private sealed interface Turn<T> {
    /** The caller runs a statement for these reads, of which its own is the first. */
    record Lead<T>(List<CombinedReads<T>.Read> reads) implements Turn<T> {}

    /** Another caller has read the row. */
    record Answer<T>(Optional<T> row) implements Turn<T> {}

    /** The caller runs a statement of its own. */
    record Alone<T>() implements Turn<T> {}
  }

  private final Function<String, Optional<T>> one;
  private final Function<List<String>, Optional<Map<String, T>>> many;
  private final IntSupplier maxWaitMillis;
  private final Supplier<? extends RuntimeException> busy;
  private final Deque<Read> waiting = new ArrayDeque<>();
  private int statements;

  /**
   * @param one reads the row of an id
   * @param many reads the rows of several ids, by id; empty when one of the ids spoils the
   *     statement, so that each caller has to run its own
   * @param maxWaitMillis how long a caller may wait for its statement to start
   * @param busy what is thrown after that
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
    Read read = new Read(id);
    synchronized (waiting) {
      if (statements == MAX_STATEMENTS) {
        waiting.add(read);
      } else {
        statements++;
        read.turn.complete(new Turn.Lead<>(List.of(read)));
      }
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return switch (read.turn.get(maxWaitMillis.getAsInt(), TimeUnit.MILLISECONDS)) {
            case Turn.Lead<T>(List<Read> led) -> lead(led);
            case Turn.Answer<T>(Optional<T> row) -> row;
            case Turn.Alone<T>() -> one.apply(id);
          };
        } catch (TimeoutException e) {
          requireTaken(read);
        } catch (InterruptedException e) {
          interrupted = true;
          requireTaken(read);
        }
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException("A read failed with its statement", e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** How many callers wait for their statement to start. */
  int waiting() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  /** Returns when another caller has taken the read into its statement, which ends in time. */
  private void requireTaken(Read read) {
    synchronized (waiting) {
      if (waiting.remove(read)) {
        throw busy.get();
      }
    }
  }

  private Optional<T> lead(List<Read> led) {
    Read own = led.getFirst();
    List<Read> others = led.subList(1, led.size());
    try {
      if (others.isEmpty()) {
        return one.apply(own.id);
      }
      Optional<Map<String, T>> rows =
          many.apply(led.stream().map(read -> read.id).distinct().toList());
      others.forEach(read ->
          read.turn.complete(
              rows.isEmpty()
                  ? new Turn.Alone<>()
                  : new Turn.Answer<>(Optional.ofNullable(rows.get().get(read.id)))));
      return rows.isEmpty() ? one.apply(own.id) : Optional.ofNullable(rows.get().get(own.id));
    } catch (RuntimeException | Error e) {
      // An interruption is meant for this caller alone, and may have ended its statement.
      boolean ownFault = Thread.currentThread().isInterrupted();
      // Nothing happens to those that have their answer already.
      others.forEach(read -> {
        if (ownFault) {
          read.turn.complete(new Turn.Alone<>());
        } else {
          read.turn.completeExceptionally(e);
        }
      });
      throw e;
    } finally {
      passOn();
    }
  }

  /** Has the reads that wait take the place of a statement that has ended. */
  private void passOn() {
    List<Read> led = new ArrayList<>();
    synchronized (waiting) {
      while (!waiting.isEmpty() && led.size() < MAX_COMBINED) {
        led.add(waiting.remove());
      }
      if (led.isEmpty()) {
        statements--;
        return;
      }
    }
    led.getFirst().turn.complete(new Turn.Lead<>(led));
  }
}
