package io.carol.llm.database;

import com.zaxxer.hikari.HikariDataSource;
import io.carol.llm.config.DatabaseConfig;
import io.carol.llm.database.Database.Timeouts;
import io.carol.llm.database.DatabaseUnavailableException.Reason;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tables, as {@code sql/migrations} creates them. */
public final class Migrations {
  private static final Logger LOGGER = LoggerFactory.getLogger(Migrations.class);

  /** One connection for the lock, and two that Flyway uses. */
  private static final int CONNECTIONS = 3;

  /** A statement may take its time on a large table; this is for a server that went silent. */
  private static final Timeouts TIMEOUTS = new Timeouts(5_000, 600_000);

  /** lock_not_available and deadlock_detected (PostgreSQL documentation, appendix A). */
  private static final Set<String> LOCK_LOST = Set.of("55P03", "40P01");

  private static final Duration LOCK_WAIT = Duration.ofMinutes(2);
  private static final Duration LOCK_PAUSE = Duration.ofMillis(200);

  /** Each attempt holds up requests for a moment. */
  private static final Duration TABLE_PAUSE = Duration.ofSeconds(5);

  private Migrations() {}

  /**
   * Runs the migrations that the database lacks. Safe to run again, and from several processes at
   * once.
   *
   * @return how many migrations were run
   * @throws io.carol.llm.config.ConfigurationException when the address is not one of PostgreSQL
   * @throws MigrationFailedException when it cannot; completed migrations stay
   */
  public static int migrate(DatabaseConfig config) {
    return migrate(config, LOCK_WAIT);
  }

  static int migrate(DatabaseConfig config, Duration wait) {
    // Flyway looks around before it locks: where several start on an empty database, some would
    // find it half made and fail.
    try (HikariDataSource pool = Database.pool(config, CONNECTIONS, TIMEOUTS);
        Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      awaitLock(connection, statement, wait);
      // Shorter, so that another process that waits for the lock does not give up before.
      return migrate(pool, MigrationTarget.find(statement), wait.dividedBy(2));
    } catch (SQLException | FlywayException e) {
      String hint =
          lostALock(e)
              ? ". Another transaction, such as a backup, uses a table that a migration changes:"
                  + " pg_stat_activity shows it. Migrate again when it has ended"
              : SqlErrors.reason(e) == Reason.NOT_PERMITTED ? MigrationTarget.CREATE_NEEDED : "";
      throw new MigrationFailedException(SqlErrors.message(e) + hint, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MigrationFailedException("it was interrupted", e);
    }
  }

  private static boolean lostALock(Exception failure) {
    return LOCK_LOST.contains(SqlErrors.state(failure));
  }

  private static int migrate(HikariDataSource pool, MigrationTarget target, Duration tableWait)
      throws InterruptedException {
    String obstacle = target.obstacle();
    if (obstacle != null) {
      throw new MigrationFailedException(obstacle, null);
    }
    Flyway flyway =
        Flyway.configure(Migrations.class.getClassLoader())
            .dataSource(pool)
            .locations("classpath:sql/migrations")
            .table("carol_llm_schema_history")
            .defaultSchema(target.schema())
            .baselineVersion(target.baseline())
            .placeholders(
                Map.of(
                    "users", Objects.requireNonNullElse(target.users(), "users"),
                    "id-type", Objects.requireNonNullElse(target.idType(), "text")))
            .load();
    if (!target.historyExists()) {
      flyway.baseline();
    }
    int pending = flyway.info().pending().length;
    migrateOnceTablesAreFree(flyway, tableWait);
    if (!target.historyExists() && target.users() == null) {
      LOGGER.info(
          "The search path had no table users: there is a new one in schema {}", target.schema());
    }
    return pending;
  }

  private static void migrateOnceTablesAreFree(Flyway flyway, Duration tableWait)
      throws InterruptedException {
    long started = System.nanoTime();
    for (boolean logged = false; ; logged = true) {
      try {
        flyway.migrate();
        return;
      } catch (FlywayException e) {
        if (!lostALock(e) || System.nanoTime() - started > tableWait.toNanos()) {
          throw e;
        }
        if (!logged) {
          LOGGER.warn(
              "Another transaction uses a table that a migration changes; waiting for it to end."
                  + " pg_stat_activity shows it");
        }
        Thread.sleep(TABLE_PAUSE);
      }
    }
  }

  private static void awaitLock(Connection connection, Statement statement, Duration wait)
      throws SQLException, InterruptedException {
    long started = System.nanoTime();
    for (boolean logged = false; !lock(statement); logged = true) {
      // Behind a transaction-mode pooler, waiting inside a transaction would pin a server
      // connection that the lock holder may need.
      connection.rollback();
      if (!logged) {
        LOGGER.info("Another process migrates the database; waiting for it to end");
      }
      if (System.nanoTime() - started > wait.toNanos()) {
        throw new MigrationFailedException(
            "another process has held the migration lock for "
                + wait.toSeconds()
                + " s. If it hangs, end its connection: pg_locks names it, with locktype advisory",
            null);
      }
      Thread.sleep(LOCK_PAUSE);
    }
  }

  private static boolean lock(Statement statement) throws SQLException {
    try (ResultSet answer = statement.executeQuery(SqlStatements.text("migration-lock"))) {
      return answer.next() && answer.getBoolean("locked");
    }
  }

  /**
   * The privileges that the role of the service lacks, such as {@code INSERT on
   * user_llm_credentials}; empty when it lacks none. The tables are then those of the newest
   * migration or of a later one.
   *
   * @throws DatabaseUnavailableException when the database is away or not migrated
   */
  public static Optional<String> missingPrivileges(Database database) {
    return database.run(db ->
        SqlStatements.first(db, "missing-privileges", Map.of())
            .map(row -> Rows.nullableText(row, "missing")));
  }
}
