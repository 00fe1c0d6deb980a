package io.carol.llm.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import javax.net.ServerSocketFactory;

/** A server that answers with the bytes the test says, whether HTTP allows them or not. */
public final class RawProvider implements AutoCloseable {
  /** What is done with a connection once the headers of its request are there. */
  public interface Behaviour {
    void answer(String request, OutputStream out) throws Exception;
  }

  private final ServerSocket listener;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

  private RawProvider(ServerSocket listener) {
    this.listener = listener;
  }

  /** Listens on 127.0.0.1. Characters up to U+00FF are bytes, others are UTF-8. */
  public static RawProvider start(UnaryOperator<String> answer) throws IOException {
    return start(
        ServerSocketFactory.getDefault(),
        (request, out) -> {
          String text = answer.apply(request);
          boolean bytes = text.chars().allMatch(c -> c <= 0xff);
          out.write(text.getBytes(bytes ? ISO_8859_1 : UTF_8));
        });
  }

  public static RawProvider start(ServerSocketFactory sockets, Behaviour behaviour)
      throws IOException {
    RawProvider provider =
        new RawProvider(sockets.createServerSocket(0, 300, InetAddress.ofLiteral("127.0.0.1")));
    Thread.ofVirtual().start(() -> provider.accept(behaviour));
    return provider;
  }

  private void accept(Behaviour behaviour) {
    while (true) {
      try {
        Socket connection = listener.accept();
        connections.add(connection);
        Thread.ofVirtual().start(() -> serve(connection, behaviour));
      } catch (IOException e) {
        // The test is over.
        return;
      }
    }
  }

  private void serve(Socket connection, Behaviour behaviour) {
    try (connection) {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(connection.getInputStream(), UTF_8));
      StringBuilder request = new StringBuilder();
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        request.append(line).append('\n');
      }
      if (request.isEmpty()) {
        return;
      }
      requests.add(request.toString());
      behaviour.answer(request.toString(), connection.getOutputStream());
    } catch (Exception e) {
      // The client is gone, or did not like the certificate.
    } finally {
      connections.remove(connection);
    }
  }

  public String url(String path) {
    return "http://127.0.0.1:" + port() + path;
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** The request lines and headers that have arrived. */
  public List<String> requests() {
    return requests;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket connection : connections) {
      connection.close();
    }
  }
}
