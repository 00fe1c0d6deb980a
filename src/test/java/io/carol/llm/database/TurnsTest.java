package io.carol.llm.database;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.TestService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
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

  private Future<Boolean> waiter() {
    int before = turns.waiting();
    Future<Boolean> waiter = threads.submit(turns::begin);
    TestService.await("one more waits", () -> turns.waiting() > before);
    return waiter;
  }

  private List<Future<Boolean>> waiters(int count) {
    return Stream.generate(this::waiter).limit(count).toList();
  }

  private void takeAll() {
    assertTrue(turns.begin());
    assertTrue(turns.begin());
  }

  @Test
  void areHadOnceSomebodyEndsTheirs() throws Exception {
    takeAll();
    Future<Boolean> waiter = waiter();
    turns.end();
    assertTrue(waiter.get(10, SECONDS));
    assertEquals(0, turns.waiting());
  }

  @Test
  void areHadInTheOrderOfAsking() throws Exception {
    takeAll();
    List<Future<Boolean>> waiters = waiters(5);
    for (Future<Boolean> next : waiters) {
      int before = turns.waiting();
      turns.end();
      assertTrue(next.get(10, SECONDS));
      TestService.await("one less waits", () -> turns.waiting() < before);
    }
  }

  @Test
  void areRefusedAtOnceWhileOthersWaitAndHaveWaitedTooLong() throws Exception {
    var hopeless = new Turns(1, Duration.ZERO);
    assertTrue(hopeless.begin());
    Future<Boolean> first = threads.submit(hopeless::begin);
    TestService.await("the first waits", () -> hopeless.waiting() == 1);
    hopeless.end();
    assertTrue(first.get(10, SECONDS));
    Future<Boolean> second = threads.submit(hopeless::begin);
    TestService.await("the second waits", () -> hopeless.waiting() == 1);
    assertFalse(hopeless.begin());
    hopeless.end();
    assertTrue(second.get(10, SECONDS));
    hopeless.end();
    assertTrue(hopeless.begin());
  }

  @Test
  void areWaitedForInALongQueueThatMovesFast() {
    takeAll();
    List<Future<Boolean>> waiters = waiters(50);
    turns.look(false);
    assertTrue(waiters.stream().noneMatch(Future::isDone));
  }

  @Test
  void areNotWaitedForInVain() {
    takeAll();
    Future<Boolean> waiter = waiter();
    TestService.await(
        "it is sent away",
        () -> {
          turns.look(true);
          return waiter.isDone();
        });
    assertFalse(waiter.resultNow());
    assertEquals(0, turns.waiting());
  }

  @Test
  void areNotWaitedForByAnInterruptedThreadWhichStaysInterrupted() throws Exception {
    takeAll();
    Future<Boolean> interrupted =
        threads.submit(() -> {
          Thread.currentThread().interrupt();
          return !turns.begin() && Thread.currentThread().isInterrupted();
        });
    assertTrue(interrupted.get(10, SECONDS));
    assertEquals(0, turns.waiting());
  }

  @Test
  void areNeitherLostNorHadByMoreThanThereAre() throws Exception {
    var underWay = new AtomicInteger();
    var most = new AtomicInteger();
    var had = new AtomicInteger();
    List<Future<?>> users = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      users.add(
          threads.submit(() -> {
            for (int round = 0; round < 100; round++) {
              if (turns.begin()) {
                most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                Thread.sleep(0, 1_000);
                had.incrementAndGet();
                underWay.decrementAndGet();
                turns.end();
              }
            }
            return null;
          }));
    }
    while (!users.stream().allMatch(Future::isDone)) {
      turns.look(true);
      Thread.onSpinWait();
    }
    for (Future<?> user : users) {
      user.get(10, SECONDS);
    }
    assertEquals(2, most.get());
    assertTrue(had.get() >= 100, "had: " + had);
    assertEquals(0, turns.waiting());
    takeAll();
    Future<Boolean> waiter = waiter();
    turns.end();
    assertTrue(waiter.get(10, SECONDS));
  }
}
