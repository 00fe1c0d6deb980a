package io.carol.llm.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network between the service and its database that can swallow everything: connections stay open
 * and new ones are accepted, but no byte arrives any more.
 */
public final class TcpProxy implements AutoCloseable {
  private final int target;
  private final ServerSocket server;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private volatile boolean swallowing;

  /**
   * @param target the port on this machine that everything goes to
   */
  public TcpProxy(int target) {
    this.target = target;
    try {
      this.server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** From now on nothing arrives, on connections there are and on those that come. */
  public void swallowEverything() {
    swallowing = true;
    links.forEach(link -> link.dead = true);
  }

  /** New connections work again. Those from before stay silent for ever. */
  public void letNewConnectionsThrough() {
    swallowing = false;
  }

  @Override
  public void close() throws IOException {
    server.close();
    links.forEach(Link::close);
  }

  private void accept() {
    try {
      while (true) {
        Link link = new Link(server.accept());
        links.add(link);
        if (swallowing) {
          link.dead = true;
        } else {
          link.connect();
        }
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private final class Link {
    private final Socket client;
    private final Socket upstream = new Socket();
    private volatile boolean dead;

    Link(Socket client) {
      this.client = client;
    }

    void connect() {
      try {
        upstream.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        Thread.ofVirtual().start(() -> pump(client, upstream));
        Thread.ofVirtual().start(() -> pump(upstream, client));
      } catch (IOException e) {
        close();
      }
    }

    private void pump(Socket from, Socket to) {
      byte[] buffer = new byte[8192];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          if (!dead) {
            out.write(buffer, 0, n);
          }
        }
      } catch (IOException e) {
        // Either side is gone.
      }
      if (!dead) {
        close();
      }
    }

    void close() {
      try {
        client.close();
        upstream.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
