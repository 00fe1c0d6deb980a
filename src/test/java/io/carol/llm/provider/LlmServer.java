package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.carol.llm.testing.Command;
import io.carol.llm.testing.TemporaryFolder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An LLM on this machine, over http or https. */
final class LlmServer implements AutoCloseable {
  /** A name its certificate is for. The others are below {@code compose.internal}, and ::1. */
  static final String CERTIFIED = "llm.test";

  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final SSLContext TLS =
      certificate(
          "san=dns:" + CERTIFIED + ",dns:*.compose.internal,dns:openrouter.ai,ip:::1",
          "-validity",
          "1");

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  private LlmServer(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
  }

  /** Listens on an address; port 0 is any free one. */
  static LlmServer http(String address, int port, HttpHandler handler) throws IOException {
    return start(HttpServer.create(socket(address, port), 0), handler);
  }

  static LlmServer https(String address, int port, HttpHandler handler) throws IOException {
    HttpsServer server = HttpsServer.create(socket(address, port), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(TLS));
    return start(server, handler);
  }

  private static LlmServer start(HttpServer server, HttpHandler handler) {
    server.createContext("/", handler);
    LlmServer llm = new LlmServer(server);
    server.start();
    return llm;
  }

  private static InetSocketAddress socket(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }

  /** Trusts the certificate of these servers and no other; also has its key. */
  static SSLContext trusted() {
    return TLS;
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Answers with this text once the request is read. */
  static HttpHandler answering(String text) {
    return exchange -> answer(exchange, 200, text);
  }

  static void answer(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      byte[] body = text.getBytes(UTF_8);
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /**
   * A certificate of an authority that these clients trust, and no others.
   *
   * @param validity options of keytool that say when it is valid
   */
  static SSLContext certificate(String names, String... validity) {
    try {
      Path file = TemporaryFolder.untilExit("carol-tls").resolve("llm.p12");
      keytool(file, "authority", "-ext", "bc:c");
      List<String> signed = new ArrayList<>(List.of("-signer", "authority", "-ext", names));
      signed.addAll(List.of(validity));
      keytool(file, "llm", signed.toArray(String[]::new));
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        keys.load(in, PASSWORD);
      }
      Certificate authority = keys.getCertificate("authority");
      // Else the server may show the authority's own.
      keys.deleteEntry("authority");
      // A store with the key would have it trusted by itself, expired or not.
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, PASSWORD);
      trusted.setCertificateEntry("authority", authority);
      KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
      own.init(keys, PASSWORD);
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void keytool(Path file, String alias, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + alias,
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD)));
    command.addAll(List.of(options));
    Command.run(command.toArray(String[]::new)).output();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
