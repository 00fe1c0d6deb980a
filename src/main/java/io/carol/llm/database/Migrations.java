package io.carol.llm.database;

import io.helidon.config.Config;
import io.helidon.dbclient.DbRow;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** The tables, as {@code sql/migrations} makes them. */
public final class Migrations {
  /** The newest migration there is. */
  public static final String VERSION = "027";

  /** Up to here the migrations belong to Carol, whose database has them without a history. */
  private static final String CAROL_VERSION = "023";

  /** A statement may take its time on a large table; this is for a server that went silent. */
  private static final int STATEMENT_MILLIS = 600_000;

  private static final Duration LOCK_PAUSE = Duration.ofMillis(200);

  private Migrations() {}

  /**
   * Brings the database to {@link #VERSION}. Safe to run again, and from several processes at once.
   *
   * @param config {@code url}, {@code user} and {@code password}
   * @return how many migrations were run
   * @throws io.helidon.config.ConfigException when the address is missing
   * @throws IllegalArgumentException when the address is not one of PostgreSQL
   * @throws MigrationFailedException when it cannot; completed migrations stay
   */
  public static int migrate(Config config) {
    // Not address, user and password: Flyway would trim them.
    DriverDataSource server = new DriverDataSource(config, STATEMENT_MILLIS, false);
    Flyway flyway =
        Flyway.configure(Migrations.class.getClassLoader())
            .dataSource(server)
            .locations("classpath:sql/migrations")
            .baselineOnMigrate(true)
            .baselineVersion(CAROL_VERSION)
            .load();
    // Flyway looks around before it locks: where several start on an empty database, some would
    // find it half made and fail.
    try (Connection connection = server.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      while (!lock(statement)) {
        // A pooler between here and the server hands connections out by transaction: to wait inside
        // of one would keep it from whoever holds the lock.
        connection.rollback();
        Thread.sleep(LOCK_PAUSE);
      }
      return flyway.migrate().migrationsExecuted;
    } catch (SQLException | FlywayException e) {
      throw new MigrationFailedException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MigrationFailedException(e);
    }
  }

  private static boolean lock(Statement statement) throws SQLException {
    try (ResultSet answer =
        statement.executeQuery(Database.statements().statement("migration-lock"))) {
      return answer.next() && answer.getBoolean("locked");
    }
  }

  /**
   * Whether the database has at least {@link #VERSION}.
   *
   * @throws DatabaseUnavailableException when it is away
   */
  public static boolean isCurrent(Database database) {
    try {
      String version =
          database.run(db -> {
            try (Stream<DbRow> rows = db.execute().createNamedQuery("schema-version").execute()) {
              return rows.findFirst().orElseThrow().column("version").get(String.class);
            }
          });
      return version != null && version.compareTo(VERSION) >= 0;
    } catch (DatabaseUnavailableException e) {
      if (e.schemaMissing()) {
        return false;
      }
      throw e;
    }
  }
}
