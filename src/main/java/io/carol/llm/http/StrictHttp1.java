package io.carol.llm.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1Connection;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * HTTP/1.1 as Helidon speaks it, on a {@link StrictReader} and at a {@link Pace}. Takes every
 * connection, so that whoever speaks something else is told.
 */
public final class StrictHttp1 implements ServerConnectionSelector {
  private final Http1ConnectionSelector http1 =
      Http1ConnectionSelector.builder()
          .config(
              Http1Config.builder()
                  // They write headers and bodies to the log.
                  .receiveLog(false)
                  .sendLog(false)
                  .build())
          .build();

  private final Connections connections;

  /**
   * @param connections those of the one listener this is for
   */
  public StrictHttp1(Connections connections) {
    this.connections = connections;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return 0;
  }

  @Override
  public Support supports(BufferData data) {
    return Support.SUPPORTED;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http1.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    Pace pace = connections.open(context);
    return new PacedConnection(
        (Http1Connection)
            http1.connection(new StrictContext(context, new StrictReader(pace::read))),
        pace,
        connections);
  }

  private record PacedConnection(Http1Connection http1, Pace pace, Connections connections)
      implements ServerConnection, InterruptableTask<Void> {
    @Override
    public void handle(Limit unlimited) throws InterruptedException {
      try {
        http1.handle(pace);
      } finally {
        connections.closed(pace);
      }
    }

    @Override
    public boolean canInterrupt() {
      return http1.canInterrupt();
    }

    /**
     * None. Helidon goes by the time of day, and would end every connection when that jumps; idle
     * ones are ended by their pace.
     */
    @Override
    public Duration idleTime() {
      return Duration.ZERO;
    }

    @Override
    public void close(boolean interrupt) {
      http1.close(interrupt);
    }
  }

  private record StrictContext(ConnectionContext context, DataReader dataReader)
      implements ConnectionContext {
    @Override
    public ListenerContext listenerContext() {
      return context.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return context.executor();
    }

    @Override
    public DataWriter dataWriter() {
      return context.dataWriter();
    }

    @Override
    public Router router() {
      return context.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return context.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return context.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return context.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return context.localPeer();
    }

    @Override
    public boolean isSecure() {
      return context.isSecure();
    }

    @Override
    public String socketId() {
      return context.socketId();
    }

    @Override
    public String childSocketId() {
      return context.childSocketId();
    }
  }
}
