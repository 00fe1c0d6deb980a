package io.carol.llm.bench;

import io.carol.llm.http.AccessLog;
import io.carol.llm.http.Connections;
import io.carol.llm.http.Exchanges;
import io.carol.llm.http.Patience;
import io.carol.llm.http.RequestFilter;
import io.carol.llm.http.StrictHttp1;
import io.helidon.metrics.api.Metrics;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;

/**
 * A route that does nothing, on {@code CAROL_PORT}: on the bare web server, or, with the argument
 * {@code service}, behind what every exchange of the service has: limits of time, strict reading,
 * the first filter, the access log and its metrics.
 */
final class NoopServer {
  private static final int MANY = 4_096;
  private static final Patience PATIENCE =
      new Patience(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofMinutes(5));

  private NoopServer() {}

  public static void main(String[] args) {
    byte[] answer = "{}".getBytes(StandardCharsets.US_ASCII);
    boolean asTheService = args.length > 0 && args[0].equals("service");
    WebServerConfig.Builder server =
        WebServer.builder()
            .port(Integer.parseInt(System.getenv("CAROL_PORT")))
            .routing(routing -> {
              if (asTheService) {
                routing.addFilter(
                    new RequestFilter(
                        new AccessLog(Metrics.globalRegistry(), Set.of(), Level.INFO),
                        new Exchanges()));
              }
              routing.any((request, response) -> response.send(answer));
            });
    if (asTheService) {
      Connections connections = Connections.watched(MANY, PATIENCE);
      server
          .protocolsDiscoverServices(false)
          .addConnectionSelector(new StrictHttp1(connections))
          .connectionOptions(connections.socketOptions());
    }
    server.build().start();
  }
}
