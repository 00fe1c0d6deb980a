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

/**
 * How far the client of a connection is with its request, and until when it has to be further. Who
 * is late is told so (RFC 9110 §15.5.9), unless nothing of a request has come.
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

  /** For telling the client that it is late, before the connection is simply closed. */
  private static final long GRACE_NANOS = Duration.ofSeconds(2).toNanos();

  private final Socket socket;
  private final DataReader source;
  private final Patience patience;
  private final boolean refused;
  private final Duration header;
  private final Optional<LimitAlgorithm.Token> permit = Optional.of(this);

  // Something of a request has come; its headers are complete; until when its body has to be.
  private boolean begun;
  private boolean answering;
  private long bodyDeadline;

  private volatile long deadline;
  private volatile boolean overdue;

  /**
   * @param source what the client sends
   * @param refused whether there are too many connections, and every request is answered just that
   */
  Pace(Socket socket, DataReader source, Patience patience, boolean refused) {
    this.socket = socket;
    this.source = source;
    this.patience = patience;
    this.refused = refused;
    this.header = refused ? LONGEST_HEADER_WHEN_REFUSED : patience.header();
    deadline = in(header);
  }

  /**
   * Waits for what the client sends next.
   *
   * @throws RequestException when it comes too late
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
      throw overdue && begun ? tooSlow() : e;
    }
    if (answering) {
      deadline = in(LONGEST_ANSWER);
    } else if (!begun) {
      begun = true;
      deadline = in(header);
    }
    return bytes;
  }

  /**
   * Ends the connection if its client is late: first as if the client had sent its last, so that it
   * can be told; then, when that is of no use, altogether. For any thread.
   *
   * @param now as {@link System#nanoTime} says
   */
  void endIfOverdue(long now) {
    long late = now - deadline;
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
    begun = false;
    answering = false;
    deadline = in(patience.idle());
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

  private static RequestException tooSlow() {
    return RequestException.builder()
        .type(DirectHandler.EventType.BAD_REQUEST)
        .status(Status.REQUEST_TIMEOUT_408)
        .message("The request did not arrive in time")
        .setKeepAlive(false)
        .build();
  }
}
