package io.carol.llm.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** How many exchanges are under way, and whether connections are being let go of. Thread-safe. */
public final class Exchanges {
  private static final Duration POLL = Duration.ofMillis(10);

  private final AtomicInteger underWay = new AtomicInteger();
  private volatile boolean draining;

  /** From now on every response closes its connection. */
  public void drain() {
    draining = true;
  }

  public boolean draining() {
    return draining;
  }

  /** Waits until no exchange is under way, or the time is over. */
  public void awaitEnd(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (underWay.get() > 0 && System.nanoTime() < deadline) {
      Thread.sleep(POLL);
    }
  }

  void begin() {
    underWay.incrementAndGet();
  }

  void end() {
    underWay.decrementAndGet();
  }
}
