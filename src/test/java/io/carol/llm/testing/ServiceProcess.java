package io.carol.llm.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The packed jar at work, as a process of its own. */
public final class ServiceProcess implements AutoCloseable {
  /** What runs the packed jar of this build as an operator does. */
  public static final List<String> LAUNCHER = List.of("target/carol-llm-settings");

  private static final Path LOGS = TemporaryFolder.untilExit("carol-service");

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Process process;
  private final Path log;
  private final int port;
  private final int observePort;
  private final long started = System.nanoTime();

  private ServiceProcess(Process process, Path log, int port, int observePort) {
    this.process = process;
    this.log = log;
    this.port = port;
    this.observePort = observePort;
  }

  /**
   * Starts it without waiting for anything.
   *
   * @param command the launcher, or what stands in its place
   * @param configuration by configuration key, without ports
   */
  public static ServiceProcess start(List<String> command, Map<String, String> configuration) {
    return start(
        freePort(),
        freePort(),
        configuration,
        variables -> {
          ProcessBuilder program = new ProcessBuilder(command);
          program.environment().keySet().removeIf(name -> name.startsWith("CAROL_"));
          program.environment().putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
          program.environment().putAll(variables);
          return program;
        });
  }

  /**
   * Starts it on these ports without waiting for anything.
   *
   * @param program makes what runs the service with these environment variables
   */
  public static ServiceProcess start(
      int port,
      int observePort,
      Map<String, String> configuration,
      Function<Map<String, String>, ProcessBuilder> program) {
    try {
      Map<String, String> variables = new HashMap<>();
      configuration.forEach(
          (key, value) -> variables.put(key.toUpperCase(Locale.ROOT).replace('.', '_'), value));
      variables.put("CAROL_PORT", String.valueOf(port));
      variables.put("CAROL_OBSERVE_PORT", String.valueOf(observePort));
      Path log = Files.createTempFile(LOGS, "service", ".log");
      ProcessBuilder builder =
          program.apply(variables).redirectErrorStream(true).redirectOutput(log.toFile());
      return new ServiceProcess(builder.start(), log, port, observePort);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
        throw new AssertionError("The service did not become ready:\n" + log());
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

  /** Sends a request to the API. */
  public HttpResponse<String> send(
      String method, String path, @Nullable String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(api(path))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
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

  /** What a service is configured with that trusts an identity and has a database to itself. */
  public static Map<String, String> configuration(Identity identity, String databaseUrl) {
    Map<String, String> configuration = new HashMap<>(identity.configuration());
    configuration.put("carol.database.url", databaseUrl);
    configuration.put("carol.database.user", "postgres");
    configuration.put("carol.encryption.key", Secrets.encryptionKey());
    return configuration;
  }

  /** What it wrote so far. */
  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long pid() {
    return process.pid();
  }

  /** Bytes of memory it holds (Linux only). */
  public long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", process.pid() + "", "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("The kernel does not say");
  }

  /** Processor time it has taken so far. */
  public double processorMillis() {
    return process.info().totalCpuDuration().orElseThrow().toMillis();
  }

  /** Kills it, as the kernel does when memory runs out. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Asks it to stop, as Kubernetes does. */
  public void terminate() {
    process.destroy();
  }

  /** Waits until it has stopped and answers its exit code. */
  public int awaitExit() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("The service did not stop:\n" + log());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** A port that no process listens on. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
