package io.carol.llm.testing;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the page's browser tests need: the real jar on a real PostgreSQL, once with an encryption
 * key, and once without one but with an address to sign in at; a session; and a way to take the
 * database away.
 */
public final class PageTestBed {
  private static final String DATABASE = "carol";
  private static final Path JAR = Path.of("target/carol-llm-settings.jar");

  private PageTestBed() {}

  /** Runs an npm script of {@code src/main/web} on a test bed of its own, and exits as it does. */
  public static void main(String[] args) throws Exception {
    System.exit(run(args[0]));
  }

  /**
   * Runs an npm script of {@code src/main/web} on a test bed of its own.
   *
   * @return its exit code
   */
  public static int run(String script) throws Exception {
    Path folder = TemporaryFolder.untilExit("carol-page");
    Identity identity = Identity.in(folder);
    List<Process> services = new ArrayList<>();
    try (Postgres postgres =
        Postgres.start(folder.resolve("postgres"), folder.resolve("postgres.log"))) {
      postgres.createDatabase(DATABASE);
      HttpServer control = control(postgres);
      try {
        int port = freePort();
        services.add(
            serve(
                folder,
                identity,
                postgres,
                port,
                Map.of("CAROL_ENCRYPTION_KEY", Secrets.encryptionKey())));
        int portWithoutKey = freePort();
        services.add(
            serve(
                folder,
                identity,
                postgres,
                portWithoutKey,
                Map.of("CAROL_SIGN_IN_URL", "https://id.example/?to=a&by=b")));
        ProcessBuilder npm = new ProcessBuilder("npm", "run", "--silent", script);
        npm.directory(Path.of("src/main/web").toFile()).redirectErrorStream(true);
        npm.environment().put("CAROL_E2E_URL", "http://localhost:" + port);
        npm.environment().put("CAROL_E2E_NOKEY_URL", "http://localhost:" + portWithoutKey);
        npm.environment().put("CAROL_E2E_TOKEN", identity.token("visitor"));
        npm.environment()
            .put("CAROL_E2E_CONTROL", "http://localhost:" + control.getAddress().getPort());
        Process running = npm.start();
        // Not inherited: the test runner speaks with its own JVMs over these streams.
        running.getOutputStream().close();
        running.getInputStream().transferTo(System.out);
        return running.waitFor();
      } finally {
        control.stop(0);
        services.forEach(Process::destroy);
        for (Process service : services) {
          service.waitFor();
        }
      }
    }
  }

  private static Process serve(
      Path folder, Identity identity, Postgres postgres, int port, Map<String, String> environment)
      throws Exception {
    int observePort = freePort();
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-jar",
            JAR.toString());
    Path log = folder.resolve("service-" + port + ".log");
    java.redirectErrorStream(true).redirectOutput(log.toFile());
    Map<String, String> variables = java.environment();
    variables.keySet().removeIf(name -> name.startsWith("CAROL_"));
    identity
        .configuration()
        .forEach(
            (key, value) -> variables.put(key.toUpperCase(Locale.ROOT).replace('.', '_'), value));
    variables.put("CAROL_DATABASE_URL", postgres.url(DATABASE));
    variables.put("CAROL_DATABASE_USER", "postgres");
    variables.put("CAROL_PORT", String.valueOf(port));
    variables.put("CAROL_OBSERVE_PORT", String.valueOf(observePort));
    variables.putAll(environment);
    Process process = java.start();
    try {
      TestService.await("the jar is ready", () -> isReady(observePort));
      return process;
    } catch (AssertionError e) {
      process.destroyForcibly().waitFor();
      throw new AssertionError(Files.readString(log), e);
    }
  }

  private static boolean isReady(int observePort) {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://localhost:" + observePort + "/observe/health/ready"))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** {@code POST /database/stop} and {@code POST /database/start}. */
  private static HttpServer control(Postgres postgres) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/database/stop",
        exchange -> {
          postgres.close();
          exchange.sendResponseHeaders(204, -1);
        });
    server.createContext(
        "/database/start",
        exchange -> {
          postgres.startAgain();
          exchange.sendResponseHeaders(204, -1);
        });
    server.start();
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }
}
