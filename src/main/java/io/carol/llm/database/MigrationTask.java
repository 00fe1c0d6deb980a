package io.carol.llm.database;

import io.carol.llm.config.DatabaseConfig;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Migrates the database as soon as it can be reached, in the background. Where it is up to date
 * already this costs one statement.
 */
public final class MigrationTask implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(MigrationTask.class);
  private static final Duration PAUSE_WHILE_AWAY = Duration.ofSeconds(1);
  // Each attempt that fails is an error in the server's log.
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);

  private final Database database;
  private final DatabaseConfig config;
  private final Runnable whenCurrent;
  // Not a virtual thread: interrupting one closes the connection of a migration under way.
  private final Thread thread =
      Thread.ofPlatform().daemon().name("migration").unstarted(this::keepTrying);
  private volatile @Nullable String failure;

  private MigrationTask(Database database, DatabaseConfig config, Runnable whenCurrent) {
    this.database = database;
    this.config = config;
    this.whenCurrent = whenCurrent;
  }

  /**
   * Starts at once and ends by itself when the schema is current.
   *
   * @param whenCurrent is run once, when the schema is current
   */
  public static MigrationTask start(
      Database database, DatabaseConfig config, Runnable whenCurrent) {
    MigrationTask task = new MigrationTask(database, config, whenCurrent);
    task.thread.start();
    return task;
  }

  /** Why the last attempt failed, in one sentence; empty when it did not. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void keepTrying() {
    try {
      while (!isDone()) {
        Thread.sleep(failure == null ? PAUSE_WHILE_AWAY : PAUSE_AFTER_FAILURE);
      }
      whenCurrent.run();
    } catch (InterruptedException e) {
      // The service stops.
      Thread.currentThread().interrupt();
    }
  }

  private boolean isDone() {
    try {
      if (!Migrations.isCurrent(database)) {
        LOGGER.info("Migrations run on the database: {}", Migrations.migrate(config));
      } else if (failure != null) {
        LOGGER.info("The tables are up to date now");
      }
      failure = null;
      Migrations.missingPrivileges(database)
          .ifPresent(missing -> LOGGER.warn("The role of the service lacks {}", missing));
      return true;
    } catch (DatabaseUnavailableException e) {
      // Logged by the database itself.
      failure = null;
    } catch (MigrationFailedException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.equals(failure)) {
        LOGGER.warn("{}; trying again until it can", message);
      }
      failure = message;
    } catch (RuntimeException e) {
      LOGGER.error("The migration failed unexpectedly; trying again", e);
      failure = e.toString();
    }
    return false;
  }
}
