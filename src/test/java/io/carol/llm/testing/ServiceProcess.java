package io.carol.llm.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The packed program of this build, or what stands in its place, as a process of its own. */
public final class ServiceProcess implements AutoCloseable {
  /** What the build packs. */
  public static final Path JAR = Path.of("target/carol-llm-settings.jar");

  private static final String LAUNCHER = "target/carol-llm-settings";
  private static final Path OUTPUT = TemporaryFolder.untilExit("carol-service");

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Process process;
  private final Path out;
  private final Path err;
  private final int port;
  private final int observePort;
  private final long started = System.nanoTime();

  private ServiceProcess(Process process, Path out, Path err, int port, int observePort) {
    this.process = process;
    this.out = out;
    this.err = err;
    this.port = port;
    this.observePort = observePort;
  }

  /**
   * Starts the launcher as an operator does, and returns at once.
   *
   * @param configuration by configuration key such as {@code carol.log.level}, given as environment
   *     variables; a port that is missing or 0 is a free one
   * @param arguments of the launcher; without any it serves
   */
  public static ServiceProcess start(Map<String, String> configuration, String... arguments) {
    return start(Stream.concat(Stream.of(LAUNCHER), Stream.of(arguments)).toList(), configuration);
  }

  /** Starts another command with the configuration as environment variables; returns at once. */
  public static ServiceProcess start(List<String> command, Map<String, String> configuration) {
    Map<String, String> values = withPorts(configuration);
    try {
      Path out = Files.createTempFile(OUTPUT, "service", ".out");
      Path err = Files.createTempFile(OUTPUT, "service", ".err");
      ProcessBuilder program =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      Map<String, String> environment = program.environment();
      environment.keySet().removeIf(name -> name.startsWith("CAROL_") || name.startsWith("JAVA_"));
      environment.put("JAVA_HOME", System.getProperty("java.home"));
      environment.putAll(variables(values));
      return new ServiceProcess(
          program.start(),
          out,
          err,
          Integer.parseInt(values.get("carol.port")),
          Integer.parseInt(values.get("carol.observe.port")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same with a free port where one is missing or 0. */
  public static Map<String, String> withPorts(Map<String, String> configuration) {
    Map<String, String> complete = new HashMap<>(configuration);
    for (String key : List.of("carol.port", "carol.observe.port")) {
      if (complete.getOrDefault(key, "0").equals("0")) {
        complete.put(key, String.valueOf(Ports.free()));
      }
    }
    return complete;
  }

  /** The environment variables of configuration keys. */
  public static Map<String, String> variables(Map<String, String> configuration) {
    Map<String, String> variables = new HashMap<>();
    configuration.forEach(
        (key, value) -> variables.put(key.toUpperCase(Locale.ROOT).replace('.', '_'), value));
    return variables;
  }

  /**
   * Polls the readiness probe until it is answered with 200.
   *
   * @return the time since the process was started
   */
  public Duration awaitReady() throws InterruptedException {
    URI ready = observe("/observe/health/ready");
    while (status(ready) != 200) {
      if (!process.isAlive() || System.nanoTime() - started > TimeUnit.MINUTES.toNanos(1)) {
        throw new AssertionError("The service did not become ready:\n" + out() + err());
      }
      // Without it the polling would take the processor from what is being measured.
      Thread.sleep(5);
    }
    return Duration.ofNanos(System.nanoTime() - started);
  }

  /** The status of an answer to GET; 0 when there was none. */
  public static int status(URI uri) throws InterruptedException {
    try {
      return CLIENT
          .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      return 0;
    }
  }

  /** Sends a request about the settings of the user with this token. */
  public HttpResponse<String> send(String method, String token, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(api(Api.PATH))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    return CLIENT.send(request, BodyHandlers.ofString());
  }

  public URI api(String path) {
    return URI.create("http://localhost:" + port + path);
  }

  public URI observe(String path) {
    return URI.create("http://localhost:" + observePort + path);
  }

  public int port() {
    return port;
  }

  public int observePort() {
    return observePort;
  }

  /** What it wrote to standard output so far. */
  public String out() {
    return read(out);
  }

  /** What it wrote to standard error so far: the log. */
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

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Gives a diagnostic command to its JVM. */
  public void jcmd(String... words) {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Stream<String> command =
        Stream.concat(Stream.of(jcmd, String.valueOf(process.pid())), Stream.of(words));
    Command.run(command.toArray(String[]::new)).output();
  }

  /** Bytes of memory it holds (Linux only). */
  public long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", process.pid() + "", "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("The kernel does not report the resident memory.");
  }

  /** Processor time it has taken so far. */
  public double processorMillis() {
    return process.info().totalCpuDuration().orElseThrow().toMillis();
  }

  /** Asks it to stop, as Kubernetes does. */
  public void terminate() {
    process.destroy();
  }

  /** Waits until it has ended, at most a minute. */
  public int exitCode() {
    try {
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new AssertionError("The process did not end:\n" + out() + err());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Kills it if it still runs, as the kernel does when memory runs out. */
  @Override
  public void close() {
    process.destroyForcibly();
    exitCode();
  }
}
