package io.carol.llm;

import io.carol.llm.credentials.KeyCheck;
import io.carol.llm.credentials.KeyInventory;
import io.carol.llm.credentials.KeyState;
import io.carol.llm.database.DatabaseUnavailableException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;

/**
 * What has to be done about the encryption keys beside the requests: says in the log how they are,
 * says in the database which one this replica seals with and how often it did, and counts for the
 * metrics what is sealed with which.
 */
final class KeyUpkeep implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(KeyUpkeep.class.getName());
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final long COUNT_EVERY_NANOS = Duration.ofMinutes(1).toNanos();

  /** Counting keeps the database busy for at most one part in this and one. */
  private static final int PAUSE_PER_STATEMENT = 9;

  private final KeyInventory inventory;
  private final ServiceMeters meters;
  private final Thread thread;
  private KeyCheck said = new KeyCheck(KeyState.UNKNOWN, List.of());
  private String failureSaid = "";
  private long nextCount = System.nanoTime();

  private KeyUpkeep(KeyInventory inventory, ServiceMeters meters) {
    this.inventory = inventory;
    this.meters = meters;
    this.thread = Thread.ofPlatform().daemon().name("key-upkeep").unstarted(this::run);
  }

  static KeyUpkeep start(KeyInventory inventory, ServiceMeters meters) {
    KeyUpkeep upkeep = new KeyUpkeep(inventory, meters);
    upkeep.thread.start();
    return upkeep;
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void run() {
    try {
      while (true) {
        try {
          attend();
          failureSaid = "";
        } catch (DatabaseUnavailableException e) {
          // Said by the database itself.
        } catch (RuntimeException e) {
          String failure = String.valueOf(e.getMessage());
          if (!failure.equals(failureSaid)) {
            LOGGER.log(Level.WARNING, "Encryption keys could not be attended to: {0}", failure);
            failureSaid = failure;
          }
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      // The service stops.
      Thread.currentThread().interrupt();
    }
  }

  private void attend() throws InterruptedException {
    KeyCheck check = inventory.check();
    report(check);
    if (check.state() == KeyState.OK) {
      inventory.tell();
    }
    if (System.nanoTime() - nextCount >= 0) {
      meters.keys(
          inventory.listed(),
          inventory.count(statement -> Thread.sleep(statement.multipliedBy(PAUSE_PER_STATEMENT))));
      nextCount = System.nanoTime() + COUNT_EVERY_NANOS;
    }
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
