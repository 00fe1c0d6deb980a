package io.carol.llm.testing;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What the page's browser tests need: the real jar on a real PostgreSQL, once with an encryption
 * key, and once without one but with an address to sign in at; a session for each of the tests that
 * run at the same time; and a way to take the database away.
 */
public final class PageTestBed {
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
    try (TestBed bed = TestBed.start("carol-page")) {
      Map<String, String> configuration = bed.configuration();
      Map<String, String> withoutKey = new HashMap<>(configuration);
      withoutKey.remove("carol.encryption.key");
      withoutKey.put("carol.sign.in.url", "https://id.example/?to=a&by=b");
      HttpServer control = control(bed.postgres());
      try (ServiceProcess service = ServiceProcess.start(configuration);
          ServiceProcess keyless = ServiceProcess.start(withoutKey);
          OutputStream watched = endingWithThis(bed, service, keyless)) {
        service.awaitReady();
        keyless.awaitReady();
        ProcessBuilder npm = new ProcessBuilder("npm", "run", "--silent", script);
        npm.directory(Path.of("src/main/web").toFile()).redirectErrorStream(true);
        npm.environment().put("CAROL_E2E_URL", service.api("").toString());
        npm.environment().put("CAROL_E2E_NOKEY_URL", keyless.api("").toString());
        String tokens = bed.identity().token("ada") + " " + bed.identity().token("bob");
        npm.environment().put("CAROL_E2E_TOKENS", tokens);
        npm.environment()
            .put("CAROL_E2E_CONTROL", "http://localhost:" + control.getAddress().getPort());
        Process running = npm.start();
        // Not inherited: the test runner speaks with its own JVMs over these streams.
        running.getOutputStream().close();
        running.getInputStream().transferTo(System.out);
        int exitCode = running.waitFor();
        watched.write('\n');
        return exitCode;
      } finally {
        control.stop(0);
      }
    }
  }

  /**
   * Ends the services and PostgreSQL when the stream is closed before a line was written to it.
   * That is so when this process is killed: a shell reads at the other end.
   */
  private static OutputStream endingWithThis(
      TestBed bed, ServiceProcess service, ServiceProcess keyless) throws IOException {
    return new ProcessBuilder(
            "sh",
            "-c",
            "trap '' INT; read _ || kill $1 $2 $(head -n 1 \"$0\")",
            bed.folder().resolve("postgres/postmaster.pid").toString(),
            String.valueOf(service.pid()),
            String.valueOf(keyless.pid()))
        .redirectOutput(Redirect.DISCARD)
        .redirectError(Redirect.DISCARD)
        .start()
        .getOutputStream();
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
}
