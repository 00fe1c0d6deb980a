package io.carol.llm.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Another program that has run to its end, and what it wrote to its two streams. */
public record Command(int exitCode, String out, String err) {
  private static final int MAX_MINUTES = 15;

  /** Runs a program. */
  public static Command run(String... words) {
    return run(new ProcessBuilder(words));
  }

  /** Runs a program in a folder of its own or with other environment variables. */
  public static Command run(ProcessBuilder program) {
    try {
      // Not pipes: a server that the program starts would keep them open.
      Path out = Files.createTempFile("carol-command", ".out");
      Path err = Files.createTempFile("carol-command", ".err");
      Process process = program.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      try {
        process.getOutputStream().close();
        if (!process.waitFor(MAX_MINUTES, TimeUnit.MINUTES)) {
          throw new AssertionError(program.command() + " takes longer than 15 minutes");
        }
        return new Command(process.exitValue(), Files.readString(out), Files.readString(err));
      } finally {
        process.destroyForcibly();
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** What it wrote to standard output, without blanks around it; fails unless it ended with 0. */
  public String output() {
    if (exitCode != 0) {
      throw new AssertionError("Exit code " + exitCode + ":\n" + out + err);
    }
    return out.strip();
  }
}
