package io.carol.llm.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packed program as a process of its own. */
public final class Jar implements AutoCloseable {
  /** What the build packs. */
  public static final Path FILE = Path.of("target/carol-llm-settings.jar");

  private static final Pattern LISTENING =
      Pattern.compile("Listening on port ([0-9]+); probes and metrics on port ([0-9]+)");

  private final Process process;
  private final Path out;
  private final Path err;

  private Jar(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts it.
   *
   * @param configuration keys such as {@code carol.port}, handed over as environment variables
   */
  public static Jar start(Map<String, String> configuration, String... arguments) {
    List<String> command = new ArrayList<>(ServiceProcess.LAUNCHER);
    command.addAll(List.of(arguments));
    try {
      Path folder = TemporaryFolder.untilExit("carol-jar");
      Path out = folder.resolve("out");
      Path err = folder.resolve("err");
      ProcessBuilder java = new ProcessBuilder(command);
      java.redirectOutput(out.toFile()).redirectError(err.toFile());
      Map<String, String> variables = java.environment();
      variables.keySet().removeIf(name -> name.startsWith("CAROL_") || name.startsWith("JAVA_"));
      variables.put("JAVA_HOME", System.getProperty("java.home"));
      configuration.forEach(
          (key, value) -> variables.put(key.toUpperCase(Locale.ROOT).replace('.', '_'), value));
      return new Jar(java.start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The process, for the tools of the JDK. */
  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** The port of the API, once it listens. */
  public int port() {
    return listening(1);
  }

  /** The port of probes and metrics, once it listens. */
  public int observePort() {
    return listening(2);
  }

  private int listening(int group) {
    TestService.await(
        "it listens or ends", () -> LISTENING.matcher(err()).find() || !process.isAlive());
    Matcher ports = LISTENING.matcher(err());
    if (!ports.find()) {
      throw new AssertionError("It ended with " + process.exitValue() + ": " + err());
    }
    return Integer.parseInt(ports.group(group));
  }

  /** Waits until the readiness probe says yes. */
  public void awaitReady() {
    Api observe = new Api(observePort(), null);
    TestService.await(
        "the jar is ready",
        () -> observe.send("GET", "/observe/health/ready", null).status() == 200);
  }

  /** Tells it to stop, as Kubernetes does. */
  public void terminate() {
    process.destroy();
  }

  /** Waits for it to end. */
  public int exitCode() {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("It does not end: " + err());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
    return process.exitValue();
  }

  /** What it wrote to standard output so far. */
  public String out() {
    return read(out);
  }

  /** What it wrote to standard error so far. */
  public String err() {
    return read(err);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kills it if it still runs. */
  @Override
  public void close() {
    process.destroyForcibly();
    exitCode();
  }
}
