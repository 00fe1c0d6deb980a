package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/** How long the service takes to come back: at most 10 s, and how much less is in a file. */
final class Measured {
  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final Path FILE = Path.of("target", "faults.txt");

  @FunctionalInterface
  interface Waiting {
    void await() throws Exception;
  }

  private Measured() {}

  /** Writes down how long this took, and fails when it was too long. */
  static void time(String what, Waiting waiting) throws Exception {
    long start = System.nanoTime();
    waiting.await();
    Duration taken = Duration.ofNanos(System.nanoTime() - start);
    say("%s: %d ms".formatted(what, taken.toMillis()));
    assertTrue(taken.compareTo(LONGEST) <= 0, () -> what + " took " + taken);
  }

  static void say(String line) throws IOException {
    Files.writeString(FILE, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
