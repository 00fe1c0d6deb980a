package io.carol.llm.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for servers that cannot be told to choose one themselves. */
public final class Ports {
  private Ports() {}

  /**
   * A port that no process listens on. It is below those the system gives to clients, so no client
   * takes it before the server does, or while the server is away.
   */
  public static int free() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
      try (ServerSocket free = new ServerSocket(port)) {
        return free.getLocalPort();
      } catch (BindException e) {
        // Taken: try another.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
