package io.carol.llm.database;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.config.DatabaseConfig;
import io.carol.llm.database.DatabaseUnavailableException.Reason;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbTransaction;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/**
 * The connection pool and the named statements of {@code sql/statements.yaml}. The service can open
 * it while the database is down. Logs when the database goes away and when it is back. Thread-safe.
 */
public final class Database implements AutoCloseable {
  // One statement of a request takes 5 s at most: 2 s of admission (0.1 s in an outage), 1 s for a
  // connection, and 2 s for a silent server. A server that answers ends the statement after 1.5 s.
  // A combined read may wait 2 s more before its statement starts.
  private static final Timeouts REQUEST = new Timeouts(1_000, 1_500);
  private static final Timeouts BATCH = new Timeouts(10_000, 60_000);
  private static final int ADMISSION_MILLIS = 2_000;
  private static final int ADMISSION_MILLIS_IN_OUTAGE = 100;
  private static final int VALIDATION_MILLIS = 500;

  /**
   * How long the parts of one use may take.
   *
   * @param connectionMillis waiting for one of the connections, and for one to be opened
   * @param statementMillis of the server for one statement
   */
  record Timeouts(int connectionMillis, int statementMillis) {}

  private final HikariDataSource pool;
  // In front of the pool, which has a costlier queue.
  private final Semaphore admission;
  private final DbClient client;
  private final List<CombinedReads<?>> combined = new CopyOnWriteArrayList<>();
  private final OutageLog outages = new OutageLog();
  private final Map<Reason, Long> failures = new ConcurrentHashMap<>();
  private final RepeatedWarnings warnings =
      new RepeatedWarnings(LoggerFactory.getLogger(Database.class));

  private Database(HikariDataSource pool) {
    this.pool = pool;
    this.admission = new Semaphore(pool.getMaximumPoolSize(), true);
    this.client =
        JdbcClientBuilder.create()
            .connectionPool(this::connect)
            .statements(SqlStatements::text)
            .build();
  }

  /**
   * Opens a pool for requests, and does not wait for a connection.
   *
   * @throws ConfigurationException when the address is not one of PostgreSQL; the message names the
   *     variable and not its value
   */
  public static Database open(DatabaseConfig config) {
    return new Database(pool(config, config.poolSize(), REQUEST));
  }

  /** The same with one connection, for statements on the whole of a table. */
  public static Database openForBatches(DatabaseConfig config) {
    return new Database(pool(config, 1, BATCH));
  }

  /** Options of the driver in the address override the ones set here. */
  static HikariDataSource pool(DatabaseConfig config, int connections, Timeouts timeouts) {
    requirePostgres(config.url());
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("carol-llm");
    hikari.setJdbcUrl(config.url());
    if (!config.user().isEmpty()) {
      hikari.setUsername(config.user());
    }
    if (!config.password().isEmpty()) {
      hikari.setPassword(config.password());
    }
    hikari.setMaximumPoolSize(connections);
    hikari.setInitializationFailTimeout(-1);
    hikari.setConnectionTimeout(timeouts.connectionMillis());
    hikari.setValidationTimeout(VALIDATION_MILLIS);
    hikari.setExceptionOverride(new ReadOnlyEviction());
    // Not as options of the connection, which a pooler in between may refuse. Statements that wait
    // for a lock have to see what its holder has committed, whatever the default of the database.
    hikari.setConnectionInitSql(
        "SET default_transaction_isolation = 'read committed'; SET statement_timeout = "
            + timeouts.statementMillis());
    // The driver reads texts only, times in seconds. For a server that is silent; one that answers
    // ends the statement itself before.
    hikari.addDataSourceProperty(
        "socketTimeout", String.valueOf(timeouts.statementMillis() / 1_000 + 1));
    hikari.addDataSourceProperty("connectTimeout", "1");
    hikari.addDataSourceProperty("loginTimeout", "3");
    hikari.addDataSourceProperty("tcpKeepAlive", "true");
    hikari.addDataSourceProperty("ApplicationName", "carol-llm-settings");
    // A parameter takes the type of the column it is compared with, such as that of users.id.
    hikari.addDataSourceProperty("stringtype", "unspecified");
    // The detail of a failed constraint holds the whole row, ciphertext included.
    hikari.addDataSourceProperty("logServerErrorDetail", "false");
    return new HikariDataSource(hikari);
  }

  private static void requirePostgres(String url) {
    try {
      DriverManager.getDriver(url);
    } catch (SQLException e) {
      // Without the cause, whose message repeats the address and a password in it.
      throw new ConfigurationException(
          "CAROL_DATABASE_URL is not a JDBC address of PostgreSQL,"
              + " such as jdbc:postgresql://localhost:5432/carol");
    }
  }

  /**
   * Runs named statements, which use one connection at a time.
   *
   * @throws DatabaseUnavailableException when the database is away, not migrated yet, or has more
   *     to do than it can do in time
   */
  public <T> T run(Function<DbExecute, T> statements) {
    return admitted(() -> statements.apply(client.execute()));
  }

  private <T> T admitted(Supplier<T> statements) {
    if (!tryAcquire(admission, 1_000_000L * maxWaitMillis())) {
      throw busy();
    }
    try {
      T answer = statements.get();
      outages.answered();
      return answer;
    } catch (DbClientException e) {
      Reason reason = SqlErrors.reason(e);
      throw reason == null ? e : failed(reason, e);
    } finally {
      admission.release();
    }
  }

  /** Whether there was a permit in time; false as well when the caller is interrupted. */
  static boolean tryAcquire(Semaphore permits, long nanos) {
    try {
      return permits.tryAcquire(nanos, NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private int maxWaitMillis() {
    return outages.isAway() ? ADMISSION_MILLIS_IN_OUTAGE : ADMISSION_MILLIS;
  }

  /** What a request ends with that was not admitted in time. */
  private DatabaseUnavailableException busy() {
    return unavailable(
        outages.isAway() ? Reason.UNREACHABLE : Reason.BUSY,
        new SQLException("every connection is in use"));
  }

  /** Answers several waiting reads with one statement; both functions call {@link #run}. */
  public <T> CombinedReads<T> combinedReads(
      Function<String, Optional<T>> one, Function<List<String>, Optional<Map<String, T>>> many) {
    CombinedReads<T> reads = new CombinedReads<>(one, many, this::maxWaitMillis, this::busy);
    combined.add(reads);
    return reads;
  }

  /**
   * Runs named statements in one transaction, which is rolled back when any of them, or what is
   * done between them, fails.
   *
   * @throws DatabaseUnavailableException as {@link #run}; what was written may be there or not
   */
  public <T> T transact(Function<DbExecute, T> statements) {
    return admitted(() -> {
      DbTransaction transaction = client.transaction();
      T answer;
      try {
        answer = statements.apply(transaction);
      } catch (DatabaseUnavailableException e) {
        // There was no connection, and so no transaction.
        throw e;
      } catch (RuntimeException e) {
        rollBack(transaction, e);
        throw e;
      }
      transaction.commit();
      return answer;
    });
  }

  private static void rollBack(DbTransaction transaction, RuntimeException reason) {
    try {
      transaction.rollback();
    } catch (DbClientException e) {
      // The connection is gone, and the transaction with it.
      reason.addSuppressed(e);
    }
  }

  /**
   * How often the database could not be used for this reason, since it was opened. A statement that
   * reads for several requests counts once.
   */
  public long failures(Reason reason) {
    return failures.getOrDefault(reason, 0L);
  }

  /** How many statements wait for a connection. */
  public int waiting() {
    return admission.getQueueLength() + pool().getThreadsAwaitingConnection();
  }

  /** How many reads wait until they can go together in one statement. */
  public int waitingReads() {
    return combined.stream().mapToInt(CombinedReads::waiting).sum();
  }

  public HikariPoolMXBean pool() {
    return pool.getHikariPoolMXBean();
  }

  @Override
  public void close() {
    pool.close();
  }

  private Connection connect() {
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      // Without a cause the pool knows of no failure: a connection is being opened, and slowly.
      throw e.getCause() == null
          ? unavailable(Reason.UNREACHABLE, e)
          : failed(Reason.UNREACHABLE, e);
    }
  }

  private DatabaseUnavailableException failed(Reason reason, Exception cause) {
    switch (reason) {
      case UNREACHABLE -> {
        // An interruption closes the connection of a virtual thread, and tells nothing of the
        // database.
        if (!Thread.currentThread().isInterrupted() && outages.failed(SqlErrors.message(cause))) {
          // Or requests after the outage would try one dead connection after the other.
          pool().softEvictConnections();
        }
      }
      case BUSY -> warnings.warn("A statement was given up: " + SqlErrors.message(cause));
      case NOT_PERMITTED -> warnings.warn("A statement was refused: " + SqlErrors.message(cause));
      // Without the name of the statement: there are many.
      case POOLED -> warnings.warn("A prepared statement was mixed up" + reason.advice());
      case NOT_MIGRATED -> {
        // Logged by what asks for the service's own tables: a trigger of users may lack one as
        // well.
      }
    }
    return unavailable(reason, cause);
  }

  private DatabaseUnavailableException unavailable(Reason reason, Exception cause) {
    failures.merge(reason, 1L, Long::sum);
    return new DatabaseUnavailableException(reason, cause);
  }
}
