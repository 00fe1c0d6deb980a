package io.carol.llm.bench;

import io.helidon.webserver.WebServer;
import java.nio.charset.StandardCharsets;

/** The server of the service with one route that does nothing, on {@code CAROL_PORT}. */
final class NoopServer {
  private NoopServer() {}

  public static void main(String[] args) {
    byte[] answer = "{}".getBytes(StandardCharsets.US_ASCII);
    WebServer.builder()
        .port(Integer.parseInt(System.getenv("CAROL_PORT")))
        .routing(routing -> routing.any((request, response) -> response.send(answer)))
        .build()
        .start();
  }
}
