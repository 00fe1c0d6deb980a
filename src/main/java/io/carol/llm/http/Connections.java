package io.carol.llm.http;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The open connections of one listener: how many there may be, how much of the memory their
 * requests may take, and a thread that ends those whose client takes too long. It looks at all of
 * them twice a second, which costs less than a time limit on every read. Thread-safe.
 */
public final class Connections implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(Connections.class.getName());
  private static final int LOOK_MILLIS = 500;
  private static final int LEAST_SPARE = 16;

  private record Ends(SocketAddress client, SocketAddress server) {}

  // With as many connections as there may be, what is left of 128 MB has room for this.
  private static final int PART_OF_HEAP = 32;

  private final int limit;
  private final Patience patience;
  private final Map<Ends, Socket> accepted = new ConcurrentHashMap<>();
  private final Set<Pace> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger count = new AtomicInteger();
  private final Semaphore memory =
      new Semaphore(
          (int) Math.min(Runtime.getRuntime().maxMemory() / PART_OF_HEAP, Integer.MAX_VALUE));
  private final Thread watch =
      Thread.ofPlatform().daemon().name("connection-watch").unstarted(this::watch);

  private Connections(int limit, Patience patience) {
    this.limit = limit;
    this.patience = patience;
  }

  /**
   * Starts to watch.
   *
   * @param limit how many connections there may be; on others every request is answered {@link
   *     ProblemType#OVERLOADED}
   */
  public static Connections watched(int limit, Patience patience) {
    Connections connections = new Connections(limit, patience);
    connections.watch.start();
    return connections;
  }

  /** How many the listener should accept: with room for those who are told that it is full. */
  public static int withSpare(int limit) {
    return limit + Math.max(LEAST_SPARE, limit / 8);
  }

  /** To be set on the listener, whose sockets are not to be had otherwise. */
  public SocketOptions socketOptions() {
    return new AcceptedSockets(
        SocketOptions.create(),
        socket ->
            accepted.put(
                new Ends(socket.getRemoteSocketAddress(), socket.getLocalSocketAddress()), socket));
  }

  Pace open(ConnectionContext context) {
    Ends ends = new Ends(context.remotePeer().address(), context.localPeer().address());
    Socket socket = accepted.remove(ends);
    if (socket == null) {
      // Its client is gone, and has already come back with the same port.
      throw new CloseConnectionException("The connection was replaced");
    }
    boolean full = count.incrementAndGet() > limit;
    Pace pace = new Pace(socket, context.dataReader(), patience, full, memory);
    open.add(pace);
    return pace;
  }

  void closed(Pace pace) {
    pace.release();
    open.remove(pace);
    count.decrementAndGet();
  }

  @Override
  public void close() {
    watch.interrupt();
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(LOOK_MILLIS);
        look();
      }
    } catch (InterruptedException e) {
      // The service stops, and its connections with it.
    }
  }

  private void look() {
    long now = System.nanoTime();
    try {
      boolean crowded = count.get() >= limit;
      open.forEach(pace -> pace.endIfOverdue(now, crowded));
    } catch (RuntimeException e) {
      // Without this thread no client would have a time limit any more.
      LOGGER.log(Level.ERROR, "A look after the connections failed", e);
    }
  }
}
