package io.carol.llm.observability;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.carol.llm.config.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The log of a process of its own, since a JVM has one log only. */
final class LoggingTest {
  private static final int THREADS = 4;
  private static final int LINES = 3_000;
  private static final List<String> LEVELS = List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");
  private static final String CANARY = "canary-5b1e";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"exit, 3", "halt, 4", "signal, 143"})
  void everyLineOfEveryThreadIsWrittenHoweverTheProcessEnds(String end, int exitCode)
      throws Exception {
    Process process = start("lines", end);
    if (end.equals("signal")) {
      assertEquals('.', process.getInputStream().read());
      process.destroy();
    }
    assertEquals(exitCode, exitCode(process));
    int[] next = new int[THREADS];
    log()
        .forEach(line -> {
          String[] parts = line.substring(line.indexOf("thread=")).split("[= ]", -1);
          assertEquals(next[Integer.parseInt(parts[1])]++, Integer.parseInt(parts[3]), line);
        });
    for (int lines : next) {
      assertEquals(LINES, lines);
    }
  }

  /** Each level in turn, in one process. */
  @Test
  void theLevelIsThatOfThisProgramAndLibrariesWriteNothingButWarnings() throws Exception {
    assertEquals(0, exitCode(start("levels")));
    assertEquals(
        Map.of("ERROR", 1L, "WARN", 3L, "INFO", 6L, "DEBUG", 7L, "TRACE", 8L),
        log().stream()
            .collect(groupingBy(line -> line.substring(line.lastIndexOf(' ') + 1), counting())));
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Program.class.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(folder.resolve("err").toFile()).start();
  }

  private static int exitCode(Process process) throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("It did not end within 60 s.");
    }
    return process.exitValue();
  }

  private List<String> log() throws IOException {
    List<String> log = Files.readAllLines(folder.resolve("err"));
    assertFalse(log.toString().contains(CANARY), log::toString);
    return log;
  }

  /** What the process runs. */
  static final class Program {
    private static final Logger LOGGER = LoggerFactory.getLogger(Program.class);

    private Program() {}

    public static void main(String[] args) throws InterruptedException {
      switch (args[0]) {
        case "lines" -> {
          Logging.configure(new LogConfig(false, "INFO"));
          writeLines();
          end(args[1]);
        }
        default -> LEVELS.forEach(Program::writeAtAllLevels);
      }
    }

    private static void writeLines() throws InterruptedException {
      List<Thread> threads =
          IntStream.range(0, THREADS)
              .mapToObj(thread -> Thread.ofVirtual().start(() -> writeLines(thread)))
              .toList();
      for (Thread thread : threads) {
        thread.join();
      }
    }

    private static void writeLines(int thread) {
      for (int line = 0; line < LINES; line++) {
        LOGGER.atInfo().addKeyValue("thread", thread).addKeyValue("line", line).log("");
      }
    }

    private static void end(String how) throws InterruptedException {
      switch (how) {
        case "halt" -> {
          Logging.flush();
          Runtime.getRuntime().halt(4);
        }
        case "signal" -> {
          System.out.print('.');
          System.out.flush();
          Thread.sleep(60_000);
        }
        default -> System.exit(3);
      }
    }

    /** All say which level was configured. */
    private static void writeAtAllLevels(String level) {
      Logging.configure(new LogConfig(false, level));
      LOGGER.trace(level);
      LOGGER.debug(level);
      LOGGER.info(level);
      System.getLogger("io.carol.llm.some").log(System.Logger.Level.INFO, level);
      java.util.logging.Logger.getLogger("io.carol.llm.some").info(level);
      LOGGER.warn(level);
      LoggerFactory.getLogger("org.flywaydb.core").info(level);
      System.getLogger("io.helidon.webserver").log(System.Logger.Level.INFO, level);
      System.getLogger("io.helidon.webserver").log(System.Logger.Level.WARNING, level);
      LOGGER.error(level);
      reveal();
      Logging.flush();
    }

    /** As libraries write what a statement or a header holds. */
    private static void reveal() {
      for (String name :
          List.of(
              "io.helidon.dbclient.jdbc.JdbcStatement",
              "io.helidon.webserver.http1",
              "org.postgresql.core.v3",
              "org.apache.hc.client5.http.wire",
              "com.zaxxer.hikari.HikariConfig")) {
        LoggerFactory.getLogger(name).trace(CANARY);
        LoggerFactory.getLogger(name).debug(CANARY);
        LoggerFactory.getLogger(name).info(CANARY);
        System.getLogger(name).log(System.Logger.Level.TRACE, CANARY);
        java.util.logging.Logger jul = java.util.logging.Logger.getLogger(name);
        jul.setLevel(java.util.logging.Level.ALL);
        jul.finest(CANARY);
        jul.config(CANARY);
      }
    }
  }
}
