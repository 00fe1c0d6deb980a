package io.carol.llm.database;

import io.carol.llm.config.DatabaseConfig;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a start does as soon as the database can be reached, in the background: migrates it, which
 * costs one statement where it is up to date already, then does what needs the tables.
 */
public final class StartupTask implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(StartupTask.class);
  private static final Duration PAUSE_WHILE_AWAY = Duration.ofSeconds(1);
  // Each attempt that fails is an error in the server's log.
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);

  private final Database database;
  private final DatabaseConfig config;
  private final Runnable onceMigrated;
  // Not a virtual thread: interrupting one closes the connection of a migration under way.
  private final Thread thread =
      Thread.ofPlatform().daemon().name("startup").unstarted(this::keepTrying);
  private volatile @Nullable String failure;
  private volatile boolean migrated;

  private StartupTask(Database database, DatabaseConfig config, Runnable onceMigrated) {
    this.database = database;
    this.config = config;
    this.onceMigrated = onceMigrated;
  }

  /**
   * Starts at once and ends by itself when all is done. Until then it tries again.
   *
   * @param onceMigrated is run when the tables are up to date
   */
  public static StartupTask start(Database database, DatabaseConfig config, Runnable onceMigrated) {
    StartupTask task = new StartupTask(database, config, onceMigrated);
    task.thread.start();
    return task;
  }

  /** Why the last attempt failed, in one sentence; empty when it did not. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  /** Whether this start has found the tables up to date, or has brought them there. */
  public boolean hasMigrated() {
    return migrated;
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void keepTrying() {
    try {
      while (!tryOnce()) {
        Thread.sleep(failure == null ? PAUSE_WHILE_AWAY : PAUSE_AFTER_FAILURE);
      }
    } catch (InterruptedException e) {
      // The service stops.
      Thread.currentThread().interrupt();
    }
  }

  private boolean tryOnce() {
    try {
      Optional<String> missing = migrate();
      onceMigrated.run();
      if (failure != null) {
        LOGGER.info("The start has now succeeded in the background; every table is there");
      }
      failure = null;
      missing.ifPresent(privileges ->
          LOGGER.warn(
              "The role of the service lacks {}. Grant what sql/README.md lists", privileges));
      return true;
    } catch (DatabaseUnavailableException e) {
      // Logged by the database itself.
      failure = null;
    } catch (MigrationFailedException e) {
      if (Thread.currentThread().isInterrupted()) {
        // The service stops.
        return false;
      }
      String message = String.valueOf(e.getMessage());
      if (!message.equals(failure)) {
        LOGGER.warn("{}. The service tries again every 5 s", message);
      }
      failure = message;
    } catch (RuntimeException e) {
      if (!e.toString().equals(failure)) {
        LOGGER.error("The start failed in the background. The service tries again every 5 s", e);
      }
      failure = e.toString();
    }
    return false;
  }

  /** Migrates where that is needed, and answers what privileges the role lacks then. */
  private Optional<String> migrate() {
    try {
      Optional<String> missing = Migrations.missingPrivileges(database);
      migrated = true;
      return missing;
    } catch (DatabaseUnavailableException e) {
      if (e.reason() != DatabaseUnavailableException.Reason.NOT_MIGRATED) {
        throw e;
      }
      LOGGER.info("Migrations run on the database: {}", Migrations.migrate(config));
      failure = null;
      migrated = true;
      return Migrations.missingPrivileges(database);
    }
  }
}
