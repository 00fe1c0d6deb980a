package io.carol.llm.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.concurrency.limits.LimitAlgorithm;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * How far the client of a connection is with its request, until when it has to be further, and what
 * its request takes of the memory there is for requests under way. Who is late is told so (RFC 9110
 * §15.5.9), unless nothing of a request has come.
 *
 * <p>Relies on how {@code Http1Connection} uses a limit of concurrent requests: it asks when the
 * headers are complete, and gives back when the response is sent and the body read. Used by the
 * thread of the connection, except for {@link #endIfOverdue}.
 */
final class Pace implements Limit, LimitAlgorithm.Token {
  private static final System.Logger LOGGER = System.getLogger(Pace.class.getName());

  /** More than the service takes for an answer, and a slow client for its arrival. */
  private static final Duration LONGEST_ANSWER = Duration.ofMinutes(1);

  private static final Duration LONGEST_HEADER_WHEN_REFUSED = Duration.ofSeconds(1);

  /**
   * For telling the client that it is late, before the connection is simply closed. Thousands can
   * be late at once.
   */
  private static final long GRACE_NANOS = Duration.ofSeconds(10).toNanos();

  private static final long IDLE_NANOS_WHEN_CROWDED = Duration.ofSeconds(10).toNanos();

  // Most requests are smaller, and take nothing of what is shared.
  private static final int FREE_BYTES = 2 * 1024;
  // A larger body is not kept.
  private static final int MOST_BYTES = RequestFilter.MAX_BODY_BYTES + 32 * 1024;
  // Of objects around what came at once: who sends single bytes takes many times as much.
  private static final int BYTES_PER_READ = 64;

  private final Socket socket;
  private final DataReader source;
  private final Patience patience;
  private final boolean refused;
  private final Semaphore memory;
  private final Duration header;
  private final Optional<LimitAlgorithm.Token> permit = Optional.of(this);

  // Something of a request has come; its headers are complete; until when its body has to be.
  private boolean begun;
  private boolean answering;
  private long bodyDeadline;

  private int received;
  private int held;

  private volatile long deadline;
  // 0 while there is a request.
  private volatile long idleSince;
  private volatile boolean overdue;

  /**
   * @param source what the client sends
   * @param refused whether there are too many connections, and every request is answered just that
   * @param memory a permit for each byte that requests under way may take together
   */
  Pace(Socket socket, DataReader source, Patience patience, boolean refused, Semaphore memory) {
    this.socket = socket;
    this.source = source;
    this.patience = patience;
    this.refused = refused;
    this.memory = memory;
    this.header = refused ? LONGEST_HEADER_WHEN_REFUSED : patience.header();
    deadline = in(header);
  }

  /**
   * Waits for what the client sends next.
   *
   * @throws RequestException when it comes too late, or there is no memory for it
   */
  byte[] read() {
    if (answering) {
      if (bodyDeadline == 0) {
        bodyDeadline = in(patience.body());
      }
      deadline = bodyDeadline;
    }
    byte[] bytes;
    try {
      bytes = source.readBuffer().readBytes();
    } catch (DataReader.InsufficientDataAvailableException e) {
      throw overdue && begun
          ? refusal(Status.REQUEST_TIMEOUT_408, "The request did not arrive in time")
          : e;
    }
    hold(bytes.length);
    if (answering) {
      deadline = in(LONGEST_ANSWER);
    } else if (!begun) {
      begun = true;
      idleSince = 0;
      deadline = in(header);
    }
    return bytes;
  }

  /**
   * Ends the connection if its client is late: first as if the client had sent its last, so that it
   * can be told; then, when that is of no use, altogether. For any thread.
   *
   * @param now as {@link System#nanoTime} says
   * @param crowded whether others are turned away because there are too many: who only keeps a
   *     connection then is late soon
   */
  void endIfOverdue(long now, boolean crowded) {
    long idle = idleSince;
    long late =
        crowded && idle != 0
            ? Math.max(now - deadline, now - idle - IDLE_NANOS_WHEN_CROWDED)
            : now - deadline;
    if (late <= 0) {
      return;
    }
    try {
      if (!overdue) {
        overdue = true;
        socket.shutdownInput();
      } else if (late > GRACE_NANOS) {
        socket.close();
      }
    } catch (IOException e) {
      LOGGER.log(Level.DEBUG, "A connection ended by itself", e);
    }
  }

  private void hold(int more) {
    received = Math.min(received + more + BYTES_PER_READ, MOST_BYTES);
    int missing = received - FREE_BYTES - held;
    if (missing <= 0) {
      return;
    }
    if (!memory.tryAcquire(missing)) {
      throw refusal(
          Status.SERVICE_UNAVAILABLE_503, "The requests under way take all the memory they may");
    }
    held += missing;
  }

  /** Gives back what the request took of the memory; at the end of the connection as well. */
  void release() {
    memory.release(held);
    held = 0;
    received = 0;
  }

  @Override
  public Optional<LimitAlgorithm.Token> tryAcquire(boolean wait) {
    begun = true;
    answering = true;
    bodyDeadline = 0;
    deadline = in(LONGEST_ANSWER);
    return refused ? Optional.empty() : permit;
  }

  @Override
  public void success() {
    release();
    begun = false;
    answering = false;
    deadline = in(patience.idle());
    idleSince = System.nanoTime();
  }

  @Override
  public void dropped() {
    success();
  }

  @Override
  public void ignore() {
    success();
  }

  @Override
  public Limit copy() {
    return this;
  }

  @Override
  public String name() {
    return type();
  }

  @Override
  public String type() {
    return "pace";
  }

  private static long in(Duration time) {
    return System.nanoTime() + time.toNanos();
  }

  private static RequestException refusal(Status status, String message) {
    return RequestException.builder()
        .type(DirectHandler.EventType.OTHER)
        .status(status)
        .message(message)
        .setKeepAlive(false)
        .build();
  }
}
