package io.carol.llm.testing;

import com.sun.net.httpserver.HttpServer;
import io.carol.llm.Application;
import io.carol.llm.config.Configuration;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.observability.Logging;
import io.helidon.config.Config;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code make run}: the real service on a PostgreSQL of its own, with an encryption key and a user
 * who is signed in. All of it is kept in {@code .data}, so that the next run goes on where this one
 * stopped. The JDK compiles this file and the few it needs when it starts them.
 */
public final class DevelopmentServer {
  private static final String USER = "you";
  private static final Duration MAX_START = Duration.ofSeconds(30);

  private DevelopmentServer() {}

  /** Runs until it is interrupted, and stops whatever it started. */
  public static void main(String[] args) throws Exception {
    Logging.configure(Configuration.log(Configuration.load(Map.of())));
    Path data = Files.createDirectories(Path.of(".data")).toAbsolutePath();
    // Held until the process ends, however it ends.
    FileChannel lock =
        FileChannel.open(data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (lock.tryLock() == null) {
      System.err.println("make run is at work in this folder already. Stop it with Ctrl-C there.");
      System.exit(1);
    }
    Files.writeString(data.resolve("pid"), String.valueOf(ProcessHandle.current().pid()));
    try {
      run(data);
    } catch (ConfigurationException | IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void run(Path data) throws Exception {
    for (String variable : List.of("CAROL_AUTH_JWKS", "CAROL_AUTH_ISSUER", "CAROL_AUTH_AUDIENCE")) {
      if (isSet(variable)) {
        throw new IllegalStateException(
            "Unset " + variable + ": this makes an identity of its own to sign in with.");
      }
    }
    Identity identity = Identity.in(data);
    Path token = data.resolve("token");
    Secrets.write(token, identity.token(USER, Duration.ofDays(30)));
    HttpServer signIn =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String signInUrl = "http://localhost:" + signIn.getAddress().getPort() + "/";
    Map<String, String> defaults = new HashMap<>(identity.configuration());
    defaults.put("carol.sign.in.url", signInUrl);
    if (!isSet("CAROL_ENCRYPTION_KEY") && !isSet("CAROL_ENCRYPTION_KEY_FILE")) {
      defaults.put("carol.encryption.key.file", encryptionKey(data).toString());
    }
    if (!isSet("CAROL_DATABASE_URL")) {
      Postgres postgres = Postgres.start(data);
      Runtime.getRuntime().addShutdownHook(new Thread(postgres::close, "postgres-closer"));
      postgres.createDatabase("carol");
      defaults.put("carol.database.url", postgres.url("carol"));
      defaults.put("carol.database.user", "postgres");
    }
    Config config = Configuration.load(defaults);
    Application service = Application.start(config);
    Runtime.getRuntime().addShutdownHook(new Thread(service::close, "service-closer"));
    awaitReady(service);
    signIn(signIn, service, token, Configuration.of(config).auth().cookie());
    explain(service, token, signInUrl);
  }

  private static boolean isSet(String variable) {
    return !System.getenv().getOrDefault(variable, "").isEmpty();
  }

  private static void awaitReady(Application service) throws IOException, InterruptedException {
    URI probe = URI.create("http://localhost:" + service.observePort() + "/observe/health/ready");
    long started = System.nanoTime();
    while (((HttpURLConnection) probe.toURL().openConnection()).getResponseCode() != 200) {
      if (System.nanoTime() - started > MAX_START.toNanos()) {
        throw new IllegalStateException("The service is not ready after 30 s. See " + probe);
      }
      Thread.sleep(50);
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
  private static void signIn(HttpServer server, Application service, Path token, String cookie) {
    server.createContext(
        "/",
        exchange -> {
          String session = Files.readString(token);
          exchange
              .getResponseHeaders()
              .add("Set-Cookie", cookie + "=" + session + "; Path=/; HttpOnly; SameSite=Strict");
          exchange.getResponseHeaders().add("Location", "http://localhost:" + service.port() + "/");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    server.start();
  }

  private static void explain(Application service, Path token, String signInUrl) {
    String curl =
        "curl -sS -H \"Authorization: Bearer $(cat '%s')\" http://localhost:%d/api/settings/llm"
            .formatted(token, service.port());
    System.out.printf(
        """

        Carol's LLM settings are at work. Your settings stay in %s.

          Page      %s  (signs you in)
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
        signInUrl,
        service.port(),
        service.observePort(),
        service.observePort(),
        curl,
        curl,
        curl);
  }
}
