package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.carol.llm.testing.TestCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/** An LLM on this machine, over http or https. */
final class LlmServer implements AutoCloseable {
  /** A name its certificate is for. The others are below {@code compose.internal}, and ::1. */
  static final String CERTIFIED = "llm.test";

  private static final SSLContext TLS =
      TestCertificate.forServer(
              "san=dns:" + CERTIFIED + ",dns:*.compose.internal,dns:openrouter.ai,ip:::1",
              "-validity",
              "1")
          .context();

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

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
