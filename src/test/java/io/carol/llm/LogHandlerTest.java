package io.carol.llm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.TestService;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.ErrorManager;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LogHandlerTest {
  private static final Formatter MESSAGE_ONLY =
      new Formatter() {
        @Override
        public String format(LogRecord logged) {
          return logged.getMessage() + "\n";
        }
      };

  private final StuckStream written = new StuckStream();
  private final LogHandler handler = new LogHandler(new PrintStream(written, true, UTF_8));

  @AfterEach
  void letGo() {
    written.goOn();
  }

  @Test
  void aLineIsThereWhenThePublishingReturns() {
    written.goOn();
    handler.setFormatter(MESSAGE_ONLY);
    handler.publish(record("Grüße"));
    assertEquals("Grüße\n", written.text());
  }

  @Test
  void aLineLooksAsTheFormatterOfThisProgramMakesIt() {
    written.goOn();
    handler.publish(record("It works"));
    assertTrue(written.text().endsWith(" INFO null It works\n"), written.text());
  }

  @Test
  void linesOfManyThreadsAreAllThereAndWholeAndThoseOfOneInOrder() throws Exception {
    written.goOn();
    handler.setFormatter(MESSAGE_ONLY);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int number = i;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int line = 0; line < 5_000; line++) {
                  handler.publish(record(number + " " + line));
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    // The last lines may be with a thread that has yet to write them.
    handler.flush();
    int[] next = new int[8];
    written
        .text()
        .lines()
        .forEach(line -> {
          String[] parts = line.split(" ", 2);
          assertEquals(next[Integer.parseInt(parts[0])]++, Integer.parseInt(parts[1]));
        });
    for (int count : next) {
      assertEquals(5_000, count);
    }
  }

  @Test
  void nobodyWaitsForAThreadThatWritesAndWhatItWasLeftIsWritten() throws Exception {
    handler.setFormatter(MESSAGE_ONLY);
    Thread writer = Thread.ofPlatform().start(() -> handler.publish(record("first")));
    written.awaitWriting();
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          handler.publish(record("second"));
          handler.publish(record("third"));
        });
    assertEquals("", written.text());
    written.goOn();
    writer.join();
    // Not by a flush, which would write them itself.
    TestService.await(
        "what was left is written", () -> written.text().equals("first\nsecond\nthird\n"));
  }

  @Test
  void whoWritesIsNotKeptWritingForOthersWhoLeaveMoreAllTheTime() {
    AtomicBoolean busy = new AtomicBoolean(true);
    AtomicInteger writes = new AtomicInteger();
    AtomicReference<LogHandler> busyHandler = new AtomicReference<>();
    OutputStream leftMoreEachTime =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new UnsupportedOperationException();
          }

          @Override
          public void write(byte[] source, int offset, int length) {
            writes.incrementAndGet();
            if (busy.get()) {
              try {
                Thread.ofPlatform().start(() -> publish(busyHandler.get(), "more")).join();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
          }
        };
    busyHandler.set(new LogHandler(new PrintStream(leftMoreEachTime, true, UTF_8)));
    try {
      assertTimeoutPreemptively(Duration.ofSeconds(10), () -> publish(busyHandler.get(), "first"));
      TestService.await("what was left is written by somebody else", () -> writes.get() > 10);
    } finally {
      busy.set(false);
    }
  }

  @Test
  void whenNothingCanBeWrittenEverybodyWaitsInTheEndAndNothingIsLost() throws Exception {
    handler.setFormatter(MESSAGE_ONLY);
    Thread writer = Thread.ofPlatform().start(() -> handler.publish(record("first")));
    written.awaitWriting();
    AtomicInteger published = new AtomicInteger();
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; i < LogHandler.MOST_LEFT + 10; i++) {
                handler.publish(record("more"));
                published.incrementAndGet();
              }
            });
    TestService.await("the other thread waits", () -> other.getState() == Thread.State.WAITING);
    assertEquals(LogHandler.MOST_LEFT, published.get());
    written.goOn();
    writer.join();
    other.join();
    handler.flush();
    assertEquals(1 + LogHandler.MOST_LEFT + 10, written.text().lines().count());
  }

  @Test
  void aRecordThatCannotBeFormattedIsReportedAndTheNextOneIsWritten() {
    written.goOn();
    List<Integer> reported = new ArrayList<>();
    handler.setErrorManager(
        new ErrorManager() {
          @Override
          public synchronized void error(String message, Exception e, int code) {
            reported.add(code);
          }
        });
    handler.setFormatter(
        new Formatter() {
          @Override
          public String format(LogRecord logged) {
            return Integer.parseInt(logged.getMessage()) + "\n";
          }
        });
    handler.publish(record("x"));
    handler.publish(record("1"));
    assertEquals(List.of(ErrorManager.FORMAT_FAILURE), reported);
    assertEquals("1\n", written.text());
  }

  @Test
  void whatIsBelowItsLevelIsLeftOut() {
    written.goOn();
    handler.setLevel(Level.WARNING);
    handler.publish(record("Not worth it"));
    assertEquals("", written.text());
  }

  private static void publish(LogHandler handler, String message) {
    handler.publish(record(message));
  }

  private static LogRecord record(String message) {
    return new LogRecord(Level.INFO, message);
  }

  /** Takes nothing until it is told to go on. */
  private static final class StuckStream extends OutputStream {
    private final CountDownLatch writing = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) {
      writing.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      bytes.write(source, offset, length);
    }

    void awaitWriting() throws InterruptedException {
      writing.await();
    }

    void goOn() {
      goOn.countDown();
    }

    String text() {
      return bytes.toString(UTF_8);
    }
  }
}
