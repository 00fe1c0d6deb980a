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
  private final Turns turns = new Turns(2, Duration.ofMinutes(1));
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  /** Whoever asks this has waited. */
  private static boolean neverAsked() {
    throw new AssertionError("had to wait");
  }

  private Future<Boolean> waiter(BooleanSupplier inVain) {
    return waiter(turns, inVain);
  }

  private Future<Boolean> waiter(Turns turns, BooleanSupplier inVain) {
    int before = turns.waiting();
    Future<Boolean> waiter = threads.submit(() -> turns.begin(inVain));
    TestService.await("one more waits", () -> turns.waiting() > before);
    return waiter;
  }

  private List<Future<Boolean>> waiters(int count) {
    return Stream.generate(() -> waiter(() -> false)).limit(count).toList();
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
  void areRefusedAtOnceWhileOthersWaitAndHaveWaitedTooLong() throws Exception {
    var hopeless = new Turns(1, Duration.ZERO);
    assertTrue(hopeless.begin(TurnsTest::neverAsked));
    Future<Boolean> first = waiter(hopeless, () -> false);
    hopeless.end();
    assertTrue(first.get(10, SECONDS));
    Future<Boolean> second = threads.submit(() -> hopeless.begin(() -> false));
    TestService.await("the second waits", () -> hopeless.waiting() == 1);
    assertFalse(hopeless.begin(TurnsTest::neverAsked));
    hopeless.end();
    assertTrue(second.get(10, SECONDS));
    hopeless.end();
    assertTrue(hopeless.begin(TurnsTest::neverAsked));
  }

  @Test
  void areWaitedForInALongQueueThatMovesFast() {
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
