package io.carol.llm.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network that can swallow everything (connections stay open and new ones are accepted, but no
 * byte arrives any more), and that can be slow. Counts the round trips on it.
 */
public final class TcpProxy implements AutoCloseable {
  private volatile int target;
  private final ServerSocket server;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicInteger roundTrips = new AtomicInteger();
  private volatile boolean swallowing;
  private volatile Duration delay = Duration.ZERO;

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

  /** New connections lead to another port. */
  public void leadTo(int port) {
    target = port;
  }

  /** From now on each packet takes this long to arrive, in both directions. */
  public void delay(Duration delay) {
    this.delay = delay;
  }

  /** How often an answer followed what was sent, on all connections together. */
  public int roundTrips() {
    return roundTrips.get();
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

  /**
   * @param due when it arrives, in the time of {@link System#nanoTime}
   */
  private record Packet(ByteArrayInputStream bytes, long due) {
    static final Packet END = new Packet(new ByteArrayInputStream(new byte[0]), 0);

    boolean isEnd() {
      return bytes.available() == 0;
    }
  }

  private final class Link {
    private final Socket client;
    private final Socket upstream = new Socket();
    private volatile boolean dead;
    private volatile boolean asked;

    Link(Socket client) {
      this.client = client;
    }

    void connect() {
      try {
        upstream.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        // Or the pieces of one message would wait for each other, as real ones do not.
        client.setTcpNoDelay(true);
        upstream.setTcpNoDelay(true);
        pump(client, upstream, () -> asked = true);
        pump(upstream, client, this::answered);
      } catch (IOException e) {
        close();
      }
    }

    private void answered() {
      if (asked) {
        asked = false;
        roundTrips.incrementAndGet();
      }
    }

    private void pump(Socket from, Socket to, Runnable arrived) {
      BlockingQueue<Packet> underWay = new LinkedBlockingQueue<>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              byte[] buffer = new byte[8192];
              InputStream in = from.getInputStream();
              for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                arrived.run();
                underWay.add(
                    new Packet(
                        new ByteArrayInputStream(Arrays.copyOf(buffer, n)),
                        System.nanoTime() + delay.toNanos()));
              }
            } catch (IOException e) {
              // Either side is gone.
            }
            underWay.add(Packet.END);
          });
      Thread.ofVirtual()
          .start(() -> {
            try {
              OutputStream out = to.getOutputStream();
              for (Packet next = underWay.take(); !next.isEnd(); next = underWay.take()) {
                TimeUnit.NANOSECONDS.sleep(next.due - System.nanoTime());
                if (!dead) {
                  next.bytes.transferTo(out);
                }
              }
            } catch (IOException | InterruptedException e) {
              // Either side is gone.
            }
            if (!dead) {
              close();
            }
          });
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
