package io.carol.llm.database;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.TestService;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private final Turns turns = new Turns(2);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  /** Whoever asks this has waited. */
  private static boolean neverAsked() {
    throw new AssertionError("had to wait");
  }

  private void eachTakes(Duration time) {
    for (int turn = 0; turn < 1_000; turn++) {
      turns.took(time.toNanos());
    }
  }

  private Future<Boolean> waiter(BooleanSupplier inVain) {
    int before = turns.waiting();
    Future<Boolean> waiter = threads.submit(() -> turns.begin(inVain));
    TestService.await("one more waits", () -> turns.waiting() > before);
    return waiter;
  }

  private List<Future<Boolean>> waiters(int count) {
    return Stream.generate(() -> waiter(() -> false)).limit(count).toList();
  }

  @Test
  void freeOnesAreHadAtOnceHoweverLongTheyUsuallyTake() {
    eachTakes(Duration.ofMinutes(1));
    assertTrue(turns.begin(TurnsTest::neverAsked));
    assertTrue(turns.begin(TurnsTest::neverAsked));
  }

  @Test
  void areHadOnceSomebodyEndsTheirs() throws Exception {
    turns.begin(TurnsTest::neverAsked);
    turns.begin(TurnsTest::neverAsked);
    Future<Boolean> waiter = waiter(() -> false);
    turns.end();
    assertTrue(waiter.get(10, SECONDS));
    assertEquals(0, turns.waiting());
  }

  @Test
  void areRefusedAtOnceWhenTheQueueIsHopeless() {
    eachTakes(Duration.ofSeconds(1));
    turns.begin(TurnsTest::neverAsked);
    turns.begin(TurnsTest::neverAsked);
    List<Future<Boolean>> waiters = waiters(5);
    assertFalse(turns.begin(TurnsTest::neverAsked));
    assertTrue(waiters.stream().noneMatch(Future::isDone));
  }

  @Test
  void areWaitedForInALongQueueThatMovesFast() {
    eachTakes(Duration.ofMillis(1));
    turns.begin(TurnsTest::neverAsked);
    turns.begin(TurnsTest::neverAsked);
    List<Future<Boolean>> waiters = waiters(50);
    assertTrue(waiters.stream().noneMatch(Future::isDone));
  }

  @Test
  void areNotWaitedForInVain() throws Exception {
    turns.begin(TurnsTest::neverAsked);
    turns.begin(TurnsTest::neverAsked);
    assertFalse(waiter(() -> true).get(10, SECONDS));
    assertEquals(0, turns.waiting());
  }
}
