package io.carol.llm.cli;

import io.carol.llm.config.Configuration;
import io.helidon.config.Config;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;

/**
 * {@code health}: asks the service on this machine whether it is ready, for a container whose image
 * has no other program that could.
 */
public final class HealthCommand {
  private static final int NOT_READY = 1;
  private static final int TIMEOUT_MILLIS = 6_000;

  private HealthCommand() {}

  /** Answers the exit code: 0, or 1 when the service is not ready or does not answer. */
  public static int run(Config config) {
    URI probe =
        URI.create(
            "http://localhost:" + Configuration.observePort(config) + "/observe/health/ready");
    try {
      HttpURLConnection connection = (HttpURLConnection) probe.toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MILLIS);
      connection.setReadTimeout(TIMEOUT_MILLIS);
      int status = connection.getResponseCode();
      connection.disconnect();
      System.out.println(status == 200 ? "ready" : "not ready: " + probe + " answers " + status);
      return status == 200 ? 0 : NOT_READY;
    } catch (IOException e) {
      System.out.println("not ready: " + probe + " does not answer (" + e.getMessage() + ")");
      return NOT_READY;
    }
  }
}
