package io.carol.llm;

import com.sun.management.UnixOperatingSystemMXBean;
import io.carol.llm.api.WriteLimit;
import io.carol.llm.http.Clients;
import io.carol.llm.http.Connections;
import io.carol.llm.http.Patience;
import io.carol.llm.http.RequestLimit;
import io.helidon.config.Config;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;

/**
 * What clients are held to.
 *
 * @param connections how many there may be at once to the API
 * @param patience with each of them
 */
record Limits(int connections, Patience patience, RequestLimit requests, WriteLimit writes) {
  private static final System.Logger LOGGER = System.getLogger(Limits.class.getName());
  private static final int MOST = 1_000_000;
  private static final int LONGEST_SECONDS = 86_400;
  // Libraries, connections to the database, and the other port.
  private static final int FILES_BESIDE_CONNECTIONS = 512;

  /**
   * Reads {@code carol.limits} and {@code carol.trusted.proxies}.
   *
   * @throws IllegalArgumentException when a value is not allowed; the message names its variable
   */
  static Limits of(Config carol) {
    Config limits = carol.get("limits");
    return new Limits(
        withinOpenFiles(number(limits, "connections", 4_096, 1, MOST)),
        new Patience(
            seconds(limits, "header", 10),
            seconds(limits, "body", 20),
            seconds(limits, "idle", 300)),
        new RequestLimit(number(limits, "requests.per.minute", 6_000, 0, MOST), clients(carol)),
        new WriteLimit(number(limits, "writes.per.minute", 600, 0, MOST)));
  }

  private static Clients clients(Config carol) {
    try {
      return new Clients(carol.get("trusted.proxies").asString().orElse(""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "CAROL_TRUSTED_PROXIES must be IP addresses and networks (10.0.0.0/8) with commas between"
              + " them: "
              + e.getMessage());
    }
  }

  private static Duration seconds(Config limits, String what, int usual) {
    return Duration.ofSeconds(number(limits, what + ".seconds", usual, 1, LONGEST_SECONDS));
  }

  private static int number(Config limits, String key, int usual, int least, int most) {
    int number = limits.get(key).asInt().orElse(usual);
    if (number < least || number > most) {
      throw new IllegalArgumentException(
          "CAROL_LIMITS_"
              + key.toUpperCase(Locale.ROOT).replace('.', '_')
              + " must be from "
              + least
              + " to "
              + most);
    }
    return number;
  }

  /** The web server stops listening for good when it may not open another socket. */
  private static int withinOpenFiles(int connections) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      long files = system.getMaxFileDescriptorCount() - FILES_BESIDE_CONNECTIONS;
      if (Connections.withSpare(connections) > files) {
        // An eighth more than these are accepted, to tell those that it is full.
        int fewer = Math.clamp(files * 8 / 9, 1, connections);
        LOGGER.log(
            Level.WARNING,
            "Only {0} connections at once instead of CAROL_LIMITS_CONNECTIONS: this process may open"
                + " {1} files (ulimit -n)",
            fewer,
            system.getMaxFileDescriptorCount());
        return fewer;
      }
    }
    return connections;
  }
}
