package io.carol.llm.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Until when each thread may use its connection. A timeout on the socket would cost a timer for
 * each read; here nothing happens as long as the database answers, but for a call of {@link #look}
 * every now and then. Thread-safe.
 */
final class Deadlines {
  private record Use(Connection connection, long since) {}

  private final Duration limit;
  private final Map<Thread, Use> underWay = new ConcurrentHashMap<>();

  Deadlines(Duration limit) {
    this.limit = limit;
  }

  /** From now on this thread uses the connection. */
  void begin(Connection connection) {
    underWay.put(Thread.currentThread(), new Use(connection, System.nanoTime()));
  }

  /** Whether the connection of this thread was taken from it. */
  boolean passed() {
    return !underWay.containsKey(Thread.currentThread());
  }

  /** This thread uses its connection no more. */
  void end() {
    underWay.remove(Thread.currentThread());
  }

  Duration limit() {
    return limit;
  }

  /**
   * Cuts connections off that are in use for too long, so that whoever waits for one gets an error.
   */
  void look() {
    underWay.forEach((thread, use) -> {
      if (System.nanoTime() - use.since > limit.toNanos() && underWay.remove(thread, use)) {
        // On its own: closing a connection may have to wait for what is written to it.
        Thread.startVirtualThread(() -> cutOff(use.connection));
      }
    });
  }

  private static void cutOff(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // It is closed already.
    }
  }
}
