package io.carol.llm.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another program that has run to its end, and what it wrote to its two streams. */
public record Command(List<String> words, int exitCode, String out, String err) {
  private static final int MAX_MINUTES = 15;

  /**
   * Runs a program.
   *
   * @throws UncheckedIOException when it cannot be started
   */
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
        boolean ended = process.waitFor(MAX_MINUTES, TimeUnit.MINUTES);
        if (!ended) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly().waitFor();
        }
        Command command =
            new Command(
                program.command(),
                process.exitValue(),
                Files.readString(out),
                Files.readString(err));
        if (!ended) {
          throw command.failure("No end within " + MAX_MINUTES + " minutes");
        }
        return command;
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
      throw failure("Exit code " + exitCode);
    }
    return out.strip();
  }

  private AssertionError failure(String reason) {
    return new AssertionError("%s: %s%n%s%s".formatted(String.join(" ", words), reason, out, err));
  }
}
