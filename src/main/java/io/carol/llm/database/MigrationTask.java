package io.carol.llm.database;

import io.helidon.config.Config;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Migrates the database as soon as it can be reached, in the background. Where it is up to date
 * already this costs one statement.
 */
public final class MigrationTask implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(MigrationTask.class.getName());
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Thread thread;

  private MigrationTask(Thread thread) {
    this.thread = thread;
  }

  /** Starts at once and ends by itself when the schema is current. */
  public static MigrationTask start(Database database, Config config) {
    // Not a virtual thread: interrupting one closes the connection of a migration under way.
    return new MigrationTask(
        Thread.ofPlatform()
            .daemon()
            .name("schema-upkeep")
            .start(() -> keepTrying(database, config)));
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private static void keepTrying(Database database, Config config) {
    String said = "";
    try {
      while (true) {
        try {
          if (Migrations.isCurrent(database)) {
            return;
          }
          LOGGER.log(Level.INFO, "Migrations run on the database: {0}", Migrations.migrate(config));
        } catch (DatabaseUnavailableException e) {
          // Said by the database itself.
        } catch (RuntimeException e) {
          String failure = String.valueOf(e.getMessage());
          if (!failure.equals(said)) {
            LOGGER.log(Level.WARNING, "{0}; trying again until it can", failure);
            said = failure;
          }
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      // The service stops.
      Thread.currentThread().interrupt();
    }
  }
}
