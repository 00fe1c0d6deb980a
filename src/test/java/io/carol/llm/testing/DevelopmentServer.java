package io.carol.llm.testing;

import com.sun.net.httpserver.HttpServer;
import io.carol.llm.Main;
import io.carol.llm.Service;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * {@code make run}: the real service on a PostgreSQL of its own, with an encryption key and
 * somebody to be. All of it is kept in {@code .data}, so that the next run goes on where this one
 * stopped.
 */
public final class DevelopmentServer {
  private static final String USER = "you";

  private DevelopmentServer() {}

  /** Runs until it is interrupted, and stops whatever it started. */
  public static void main(String[] args) throws Exception {
    Main.configureLogging();
    Path data = Files.createDirectories(Path.of(".data")).toAbsolutePath();
    Identity identity = Identity.in(data);
    Map<String, String> defaults = new HashMap<>(identity.configuration());
    defaults.put("carol.encryption.key.file", encryptionKey(data).toString());
    if (System.getenv("CAROL_DATABASE_URL") == null) {
      Postgres postgres = Postgres.start(data.resolve("postgres"), data.resolve("postgres.log"));
      Runtime.getRuntime().addShutdownHook(new Thread(postgres::close, "postgres-closer"));
      postgres.createDatabase("carol");
      defaults.put("carol.database.url", postgres.url("carol"));
      defaults.put("carol.database.user", "postgres");
    }
    try {
      Service service = Service.start(Main.configuration(defaults));
      Runtime.getRuntime().addShutdownHook(new Thread(service::close, "service-closer"));
      Path token = data.resolve("token");
      Secrets.write(token, identity.token(USER, Duration.ofDays(30)));
      explain(service, token);
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static Path encryptionKey(Path data) throws IOException {
    Path file = data.resolve("encryption.key");
    if (!Files.exists(file)) {
      Secrets.write(file, Secrets.encryptionKey());
    }
    return file;
  }

  /** Signs a browser in with the session cookie and sends it on to the page. */
  private static HttpServer signIn(Service service, Path token) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String session = Files.readString(token);
          exchange
              .getResponseHeaders()
              .add(
                  "Set-Cookie", "carol_session=" + session + "; Path=/; HttpOnly; SameSite=Strict");
          exchange.getResponseHeaders().add("Location", "http://localhost:" + service.port() + "/");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static void explain(Service service, Path token) throws IOException {
    String curl =
        "curl -sS -H \"Authorization: Bearer $(cat '%s')\" http://localhost:%d/api/settings/llm"
            .formatted(token, service.port());
    System.out.printf(
        """

        Carol's LLM settings are at work. Your settings stay in %s.

          Page      http://localhost:%d/  (signs you in)
          Contract  http://localhost:%d/openapi
          Health    http://localhost:%d/observe/health/ready
          Metrics   http://localhost:%d/observe/metrics

        Save settings:
          %s -X PUT -H 'Content-Type: application/json' -d '{"provider":"openai_compatible",\
        "model":"llama3.2","baseUrl":"http://localhost:11434/v1","apiKey":null}'
        Read them:
          %s
        Remove them:
          %s -X DELETE -i

        Ctrl-C stops everything.
        """,
        token.getParent(),
        signIn(service, token).getAddress().getPort(),
        service.port(),
        service.observePort(),
        service.observePort(),
        curl,
        curl,
        curl);
  }
}
