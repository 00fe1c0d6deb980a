package io.carol.llm.auth;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * An identity provider over real HTTP, which can be made to misbehave: a key set at {@code /jwks}
 * and a discovery document that points there.
 */
final class KeySetServer implements AutoCloseable {
  /** How it answers a request for the key set. */
  @FunctionalInterface
  interface Answer {
    void send(HttpExchange exchange) throws IOException;
  }

  private static final Pattern DISCOVERY =
      Pattern.compile("(/[a-z]+)*/\\.well-known/openid-configuration");

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger requests = new AtomicInteger();
  private final HttpServer server;
  private volatile Answer answer;
  private volatile Answer discovery;

  KeySetServer(String keySet) {
    this(0, keySet, null);
  }

  KeySetServer(int port, String keySet) {
    this(port, keySet, null);
  }

  KeySetServer(int port, String keySet, @Nullable SSLContext tls) {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    try {
      if (tls == null) {
        server = HttpServer.create(address, 0);
      } else {
        HttpsServer https = HttpsServer.create(address, 0);
        https.setHttpsConfigurator(new HttpsConfigurator(tls));
        server = https;
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    answer = text(200, keySet);
    discovery = text(404, "");
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            if (DISCOVERY.matcher(exchange.getRequestURI().getPath()).matches()) {
              discovery.send(exchange);
            } else {
              requests.incrementAndGet();
              answer.send(exchange);
            }
          }
        });
    server.start();
  }

  /** The issuer whose discovery document is asked for here, without a slash at its end. */
  String issuer() {
    String scheme = server instanceof HttpsServer ? "https" : "http";
    return scheme + "://localhost:" + server.getAddress().getPort();
  }

  String url() {
    return issuer() + "/jwks";
  }

  /** Requests for the key set so far. */
  int requests() {
    return requests.get();
  }

  void answer(Answer next) {
    answer = next;
  }

  void discovery(Answer next) {
    discovery = next;
  }

  /** The connection is closed without an answer. */
  static Answer nothing() {
    return exchange -> {};
  }

  static Answer text(int status, String text) {
    return exchange -> {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  static Answer redirect(String location) {
    return exchange -> {
      exchange.getResponseHeaders().set("Location", location);
      exchange.sendResponseHeaders(302, -1);
    };
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
