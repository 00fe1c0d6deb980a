package io.carol.llm.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/** Figures of tests whose deadlines are generous, in {@code target/faults.txt}. */
final class Measured {
  private static final Path FILE = Path.of("target", "faults.txt");

  @FunctionalInterface
  interface Waiting {
    void await() throws Exception;
  }

  private Measured() {}

  /** Writes down how long this took. */
  static void time(String what, Waiting waiting) throws Exception {
    long start = System.nanoTime();
    waiting.await();
    say("%s: %d ms".formatted(what, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)));
  }

  static void say(String line) throws IOException {
    Files.writeString(FILE, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
