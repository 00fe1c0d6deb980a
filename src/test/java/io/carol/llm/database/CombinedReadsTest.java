package io.carol.llm.database;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.TestService;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads that wait together are read together, and each gets its own. */
@Timeout(120)
final class CombinedReadsTest {
  private static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static final class Busy extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void end() {
    callers.shutdownNow();
  }

  /** A table of 100 rows that grow older, of which some do not exist, and statements that fail. */
  private static final class Table {
    private static final int ROWS = 100;

    private final AtomicIntegerArray versions = new AtomicIntegerArray(ROWS);
    private final AtomicInteger statements = new AtomicInteger();

    private record Row(int id, int version) {}

    private Optional<Row> one(String id) {
      return run(() -> row(id));
    }

    private Optional<Map<String, Row>> many(List<String> ids) {
      assertTrue(ids.size() <= 64 && ids.size() == ids.stream().distinct().count(), ids::toString);
      return run(() ->
          statements.get() % 97 == 0
              ? Optional.empty()
              : Optional.of(
                  ids.stream()
                      .flatMap(id -> row(id).stream())
                      .collect(toMap(row -> Integer.toString(row.id), Function.identity()))));
    }

    private Optional<Row> row(String text) {
      int id = Integer.parseInt(text);
      return id % 10 == 0 ? Optional.empty() : Optional.of(new Row(id, versions.get(id)));
    }

    private <T> T run(Supplier<T> statement) {
      if (statements.incrementAndGet() % 101 == 0) {
        throw new Broken();
      }
      // Others may ask meanwhile, so that reads come to wait.
      LockSupport.parkNanos(1);
      return statement.get();
    }
  }

  @ParameterizedTest(name = "{0} reads, {1} ms")
  @CsvSource({"1000000, 60000", "100000, 1"})
  void eachReadGetsWhatWasCommittedBeforeItAskedOrIsToldThatItsTimeIsOver(int count, int maxWait)
      throws Exception {
    Table table = new Table();
    var reads = new CombinedReads<>(table::one, table::many, () -> maxWait, Busy::new);
    AtomicInteger broken = new AtomicInteger();
    AtomicInteger busy = new AtomicInteger();
    List<Future<?>> runs = new ArrayList<>();
    for (int caller = 0; caller < 100; caller++) {
      SplittableRandom random = new SplittableRandom(caller);
      runs.add(
          callers.submit(() -> {
            for (int i = 0; i < count / 100; i++) {
              int id = random.nextInt(Table.ROWS);
              int version = table.versions.incrementAndGet(id);
              try {
                Optional<Table.Row> row = reads.read(Integer.toString(id));
                assertEquals(id % 10 != 0, row.isPresent());
                row.ifPresent(found -> {
                  assertEquals(id, found.id);
                  assertTrue(found.version >= version, found + " is older than " + version);
                });
              } catch (Broken e) {
                broken.incrementAndGet();
              } catch (Busy e) {
                busy.incrementAndGet();
              }
            }
          }));
    }
    for (Future<?> run : runs) {
      run.get(100, TimeUnit.SECONDS);
    }
    assertTrue(table.statements.get() < count, "some were combined");
    assertTrue(broken.get() > 0 && broken.get() < count / 10, broken + " failed");
    assertTrue(maxWait == 1 || busy.get() == 0, busy + " waited for too long");
    assertEquals(0, reads.waiting());
    // Both places are free again.
    for (int i = 0; i < 300; i++) {
      try {
        reads.read("1");
      } catch (Broken e) {
        broken.incrementAndGet();
      }
    }
  }

  /** Statements that end when the test says, with what the test says. */
  private static final class Steps {
    private final BlockingQueue<Statement> started = new LinkedBlockingQueue<>();

    private static final class Statement {
      private final List<String> ids;
      private final CountDownLatch ended = new CountDownLatch(1);
      private volatile Outcome outcome = Outcome.ROWS;

      private Statement(List<String> ids) {
        this.ids = ids;
      }

      private void end(Outcome outcome) {
        this.outcome = outcome;
        ended.countDown();
      }
    }

    private enum Outcome {
      ROWS,
      SPOILED,
      BROKEN
    }

    private volatile int maxWaitMillis = 60_000;
    private final CombinedReads<String> reads =
        new CombinedReads<>(
            id -> run(List.of(id)).map(rows -> rows.get(id)),
            this::run,
            () -> maxWaitMillis,
            Busy::new);

    private Optional<Map<String, String>> run(List<String> ids) {
      Statement statement = new Statement(ids);
      started.add(statement);
      try {
        statement.ended.await();
      } catch (InterruptedException e) {
        // As the driver does, whose socket is closed then.
        Thread.currentThread().interrupt();
        throw new Broken();
      }
      return switch (statement.outcome) {
        case ROWS -> Optional.of(ids.stream().collect(toMap(id -> id, id -> "row of " + id)));
        case SPOILED -> Optional.empty();
        case BROKEN -> throw new Broken();
      };
    }

    private Statement next(String... ids) throws InterruptedException {
      Statement statement = started.poll(30, TimeUnit.SECONDS);
      assertEquals(List.of(ids), statement == null ? List.of() : sorted(statement.ids));
      return statement;
    }

    private static List<String> sorted(List<String> ids) {
      List<String> sorted = new ArrayList<>(ids);
      Collections.sort(sorted);
      return sorted;
    }
  }

  @Nested
  final class WhileTwoStatementsAreUnderWay {
    private final Steps steps = new Steps();
    private Future<Optional<String>> a;
    private Steps.Statement first;
    private Future<Optional<String>> b;
    private Steps.Statement second;

    @BeforeEach
    void startTwo() throws InterruptedException {
      a = read("a");
      first = steps.next("a");
      b = read("b");
      second = steps.next("b");
    }

    private Future<Optional<String>> read(String id) {
      return callers.submit(() -> steps.reads.read(id));
    }

    private List<Future<Optional<String>>> waiting(String... ids) throws Exception {
      List<Future<Optional<String>>> reads = new ArrayList<>();
      for (String id : ids) {
        int before = steps.reads.waiting();
        reads.add(read(id));
        TestService.await(id + " waits", () -> steps.reads.waiting() == before + 1);
      }
      return reads;
    }

    private void endBoth() throws Exception {
      first.end(Steps.Outcome.ROWS);
      second.end(Steps.Outcome.ROWS);
      assertEquals("row of a", get(a));
      assertEquals("row of b", get(b));
    }

    private void readAlone(String id) throws Exception {
      Future<Optional<String>> read = read(id);
      steps.next(id).end(Steps.Outcome.ROWS);
      assertEquals("row of " + id, get(read));
    }

    private static String get(Future<Optional<String>> read) throws Exception {
      return read.get(30, TimeUnit.SECONDS).orElse("none");
    }

    private static void assertFailed(
        Class<? extends RuntimeException> type, Future<Optional<String>> read) {
      ExecutionException failure =
          assertThrows(ExecutionException.class, () -> read.get(30, TimeUnit.SECONDS));
      assertInstanceOf(type, failure.getCause());
    }

    @Test
    void thoseThatWaitAreReadTogetherAndEachGetsItsOwn() throws Exception {
      List<Future<Optional<String>>> more = waiting("c", "d", "c");
      first.end(Steps.Outcome.ROWS);
      Steps.Statement third = steps.next("c", "d");
      List<Future<Optional<String>>> last = waiting("e");
      second.end(Steps.Outcome.ROWS);
      Steps.Statement fourth = steps.next("e");
      fourth.end(Steps.Outcome.ROWS);
      third.end(Steps.Outcome.ROWS);
      assertEquals("row of a", get(a));
      assertEquals("row of b", get(b));
      assertEquals("row of c", get(more.get(0)));
      assertEquals("row of d", get(more.get(1)));
      assertEquals("row of c", get(more.get(2)));
      assertEquals("row of e", get(last.getFirst()));
    }

    @Test
    void aStatementThatFailsDoesSoForItsOwnCallersOnce() throws Exception {
      List<Future<Optional<String>>> failing = waiting("c", "d");
      first.end(Steps.Outcome.BROKEN);
      Steps.Statement third = steps.next("c", "d");
      List<Future<Optional<String>>> later = waiting("e", "f");
      third.end(Steps.Outcome.BROKEN);
      steps.next("e", "f").end(Steps.Outcome.ROWS);
      second.end(Steps.Outcome.ROWS);
      assertFailed(Broken.class, a);
      assertFailed(Broken.class, failing.get(0));
      assertFailed(Broken.class, failing.get(1));
      assertEquals("row of b", get(b));
      assertEquals("row of e", get(later.get(0)));
      assertEquals("row of f", get(later.get(1)));
    }

    @Test
    void whenOneIdSpoilsAStatementEachCallerRunsItsOwn() throws Exception {
      List<Future<Optional<String>>> more = waiting("c", "d");
      first.end(Steps.Outcome.ROWS);
      steps.next("c", "d").end(Steps.Outcome.SPOILED);
      for (int i = 0; i < 2; i++) {
        Steps.Statement own = steps.started.poll(30, TimeUnit.SECONDS);
        assertEquals(1, own.ids.size());
        own.end(Steps.Outcome.ROWS);
      }
      second.end(Steps.Outcome.ROWS);
      assertEquals("row of a", get(a));
      assertEquals("row of b", get(b));
      assertEquals("row of c", get(more.get(0)));
      assertEquals("row of d", get(more.get(1)));
    }

    @Test
    void aCallerThatIsInterruptedWhileItWaitsOrReadsLeavesTheOthersAlone() throws Exception {
      List<Future<Optional<String>>> more = waiting("c", "d", "e");
      more.get(0).cancel(true);
      TestService.await("c has left", () -> steps.reads.waiting() == 2);
      first.end(Steps.Outcome.ROWS);
      Steps.Statement third = steps.next("d", "e");
      // Its statement is under way, which ends with it.
      more.get(1).cancel(true);
      steps.next("e").end(Steps.Outcome.ROWS);
      third.end(Steps.Outcome.ROWS);
      second.end(Steps.Outcome.ROWS);
      assertEquals("row of e", get(more.get(2)));
      assertEquals("row of a", get(a));
      assertEquals("row of b", get(b));
      readAlone("f");
    }

    @Test
    void allThatWaitAreToldInTimeAlsoWhenTheFirstOfThemHasGone() throws Exception {
      Future<Optional<String>> watching = waiting("c").getFirst();
      steps.maxWaitMillis = 100;
      List<Future<Optional<String>>> more = waiting("d", "e");
      watching.cancel(true);
      assertFailed(Busy.class, more.get(0));
      assertFailed(Busy.class, more.get(1));
      endBoth();
      readAlone("f");
    }

    @Test
    void callersThatAreInterruptedBehindTheFirstOrInAStatementOfAnotherLeaveTheRestAlone()
        throws Exception {
      List<Future<Optional<String>>> more = waiting("c", "d", "e");
      more.get(1).cancel(true);
      TestService.await("d has left", () -> steps.reads.waiting() == 2);
      first.end(Steps.Outcome.ROWS);
      Steps.Statement third = steps.next("c", "e");
      more.get(2).cancel(true);
      third.end(Steps.Outcome.ROWS);
      second.end(Steps.Outcome.ROWS);
      assertEquals("row of c", get(more.get(0)));
      assertEquals("row of b", get(b));
      readAlone("f");
    }

    @Test
    void thoseThatAreTooManyForOneStatementAreToldInTime() throws Exception {
      waiting(IntStream.range(0, 64).mapToObj("%02d"::formatted).toArray(String[]::new));
      steps.maxWaitMillis = 100;
      List<Future<Optional<String>>> more = waiting("64", "65");
      first.end(Steps.Outcome.ROWS);
      assertEquals(64, steps.started.take().ids.size());
      assertFailed(Busy.class, more.get(0));
      assertFailed(Busy.class, more.get(1));
    }
  }
}
