package io.carol.llm.observability;

import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.keys.KeyCheck;
import io.carol.llm.keys.KeyRegistry;
import io.carol.llm.keys.KeyState;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;

/**
 * What has to be done about the encryption keys beside the requests: says in the log how they are,
 * says in the database which one this replica seals with and how often it did, and counts for the
 * metrics what is sealed with which.
 */
public final class KeyUpkeep implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(KeyUpkeep.class.getName());
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final Duration PAUSE_BETWEEN_COUNTS = Duration.ofMinutes(1);

  /** Counting keeps the database busy for at most one part in this and one. */
  private static final int PAUSE_PER_STATEMENT = 9;

  @FunctionalInterface
  private interface Chore {
    void run() throws InterruptedException;
  }

  private final KeyRegistry inventory;
  private final ServiceMetrics meters;
  // A thread each: counting can take minutes, and a key that no replica is heard of for one may be
  // removed.
  private final Thread attending = thread("key-upkeep", this::attend, PAUSE);
  private final Thread counting = thread("key-count", this::count, PAUSE_BETWEEN_COUNTS);
  private KeyCheck said = new KeyCheck(KeyState.UNKNOWN, List.of());

  private KeyUpkeep(KeyRegistry inventory, ServiceMetrics meters) {
    this.inventory = inventory;
    this.meters = meters;
  }

  public static KeyUpkeep start(KeyRegistry inventory, ServiceMetrics meters) {
    KeyUpkeep upkeep = new KeyUpkeep(inventory, meters);
    upkeep.attending.start();
    upkeep.counting.start();
    return upkeep;
  }

  @Override
  public void close() {
    attending.interrupt();
    counting.interrupt();
  }

  private static Thread thread(String name, Chore chore, Duration pause) {
    return Thread.ofPlatform().daemon().name(name).unstarted(() -> repeat(chore, pause));
  }

  /** Comes back sooner when it failed. */
  private static void repeat(Chore chore, Duration pause) {
    String failureSaid = "";
    try {
      while (true) {
        Duration next = PAUSE;
        try {
          chore.run();
          failureSaid = "";
          next = pause;
        } catch (DatabaseUnavailableException e) {
          // Said by the database itself.
        } catch (RuntimeException e) {
          String failure = String.valueOf(e.getMessage());
          if (!failure.equals(failureSaid)) {
            LOGGER.log(Level.WARNING, "Encryption keys could not be attended to: {0}", failure);
            failureSaid = failure;
          }
        }
        Thread.sleep(next);
      }
    } catch (InterruptedException e) {
      // The service stops.
      Thread.currentThread().interrupt();
    }
  }

  private void attend() {
    KeyCheck check = inventory.check();
    report(check);
    if (check.state() == KeyState.OK) {
      inventory.tell();
    }
  }

  private void count() throws InterruptedException {
    // A service that starts has better things to do.
    Thread.sleep(PAUSE);
    meters.keys(
        inventory.listed(),
        inventory.count(statement -> Thread.sleep(statement.multipliedBy(PAUSE_PER_STATEMENT))));
  }

  /** What is wrong with files is said by who reads them. */
  private void report(KeyCheck check) {
    if (check.state() != said.state()) {
      switch (check.state()) {
        case OK -> LOGGER.log(Level.INFO, "The encryption key is the one of this database");
        case UNKNOWN -> {}
        default -> LOGGER.log(Level.WARNING, "{0}", String.join("; ", check.remarks()));
      }
      said = check;
    }
  }
}
