package io.carol.llm.bench;

import io.carol.llm.http.AccessLog;
import io.carol.llm.http.RequestFilter;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.observability.UserHash;
import io.helidon.config.Config;
import io.helidon.webserver.WebServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.slf4j.event.Level;

/**
 * A route that does nothing, on {@code CAROL_PORT}: on the bare web server, or, with the argument
 * {@code service}, behind what every request of the service passes: the request filter, the access
 * log and its metrics.
 */
final class NoopServer {
  private NoopServer() {}

  public static void main(String[] args) {
    byte[] answer = "{}".getBytes(StandardCharsets.US_ASCII);
    UserHash users = new UserHash(new KeyRingProvider(Config.empty()));
    boolean asTheService = args.length > 0 && args[0].equals("service");
    WebServer.builder()
        .port(Integer.parseInt(System.getenv("CAROL_PORT")))
        .routing(routing -> {
          if (asTheService) {
            routing.addFilter(
                new RequestFilter(
                    new AccessLog(new SimpleMeterRegistry(), users, Set.of(), Level.INFO),
                    Set.of()));
          }
          routing.any((request, response) -> response.send(answer));
        })
        .build()
        .start();
  }
}
