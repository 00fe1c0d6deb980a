package io.carol.llm.cli;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.keys.Rewrap;
import io.carol.llm.keys.Rewrap.Progress;
import io.carol.llm.observability.UserHash;
import io.helidon.config.Config;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code rewrap}: seals every stored API key with the sealing key. */
public final class RewrapCommand {
  private static final Logger LOGGER = LoggerFactory.getLogger(RewrapCommand.class);
  private static final int SOME_DO_NOT_OPEN = 2;
  private static final Duration MAX_WAIT = Duration.ofMinutes(2);

  /** If the key is wrong, every row fails, and 1,000 lines are enough to see that. */
  private static final int MAX_LOGGED = 1_000;

  private RewrapCommand() {}

  /**
   * Runs it. Waits for up to 2 minutes for a database that is away and for rows that stay locked.
   *
   * @return the exit code: 0, or 2 when some API keys do not open
   * @throws RuntimeException as {@link Rewrap}
   */
  public static int run(Config config, List<String> options) throws InterruptedException {
    KeyRingProvider keys = new KeyRingProvider(config);
    boolean dryRun = options.contains("--dry-run");
    try (Database database = Database.openForBatches(Configuration.database(config))) {
      Rewrap rewrap = new Rewrap(database, keys, dryRun, MAX_WAIT, logOf(new UserHash(keys)));
      Progress end = rewrap.run();
      System.out.printf(
          "API keys %s: %d. API keys that do not open and stay as they are: %d.%n",
          dryRun ? "that would be sealed anew" : "sealed anew", end.resealed(), end.unopened());
      return end.unopened() == 0 ? 0 : SOME_DO_NOT_OPEN;
    }
  }

  private static BiConsumer<String, String> logOf(UserHash users) {
    Set<String> logged = new HashSet<>();
    return (userId, kid) -> {
      String user = users.of(userId);
      if (logged.size() < MAX_LOGGED && logged.add(user)) {
        LOGGER
            .atWarn()
            .addKeyValue("user", user)
            .addKeyValue("kid", kid)
            .log("An API key does not open and stays as it is");
      }
    };
  }
}
