package io.carol.llm.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbStatements;
import io.helidon.dbclient.DbTransaction;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection pool and the named statements of {@code sql/statements.yaml}. Opening one connects
 * to nothing, so that a service can start while the database is down. Says in the log when the
 * database goes away and when it is back. Thread-safe.
 */
public final class Database implements AutoCloseable {
  // A request waits for a connection, which may have to be validated in the last moment, and then
  // for its statement. Together this stays below the 3 s in which it must have an answer when the
  // database is away.
  private static final int CONNECTION_WAIT_MILLIS = 750;
  private static final int VALIDATION_MILLIS = 500;
  private static final int STATEMENT_MILLIS = 1_500;

  // For work nobody waits for, with statements that may have to look at all rows.
  private static final int BATCH_CONNECTION_WAIT_MILLIS = 10_000;
  private static final int BATCH_STATEMENT_MILLIS = 60_000;

  private static final Logger LOGGER = LoggerFactory.getLogger(Database.class);
  private static final Duration HOPELESS_WAIT = Duration.ofSeconds(2);
  private static final Duration WATCH_PAUSE = Duration.ofMillis(100);
  private static final long LONGEST_QUEUE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * SQLSTATE classes and codes (PostgreSQL documentation, appendix A) of a server that is away,
   * starting, stopping, full, a standby or too busy, of a connection it gave up, and of a database,
   * a schema or privileges that are not there yet.
   */
  private static final Pattern UNAVAILABLE =
      Pattern.compile("(08|28|40|53|57|58)...|25006|25P03|3D000|42501|42703|42P01|55P03");

  private final DriverDataSource server;
  private final HikariDataSource pool;
  private final Turns turns;
  private final Deadlines deadlines;
  private final Thread watch;
  private final DbClient client;
  private final OutageLog outages = new OutageLog();
  // Whether the last use of a connection, or the last wait for one, says that the database is away.
  private volatile boolean failing;

  private Database(DriverDataSource server, HikariDataSource pool, int statementMillis) {
    this.server = server;
    this.pool = pool;
    this.turns = new Turns(pool.getMaximumPoolSize(), HOPELESS_WAIT);
    this.deadlines = new Deadlines(Duration.ofMillis(statementMillis));
    this.client =
        JdbcClientBuilder.create().connectionPool(this::connect).statements(statements()).build();
    this.watch = Thread.ofPlatform().daemon().name("database-watch").start(this::watch);
  }

  /**
   * Makes the pool without connecting.
   *
   * @param config {@code url}, {@code user}, {@code password} and {@code pool.size}
   * @throws io.helidon.config.ConfigException when the address is missing
   * @throws IllegalArgumentException when the address is not one of PostgreSQL, or the pool's size
   *     below one; the message names the variable and not its value
   */
  public static Database open(Config config) {
    int size = config.get("pool.size").asInt().orElse(10);
    if (size < 1) {
      throw new IllegalArgumentException("CAROL_DATABASE_POOL_SIZE must be 1 or more");
    }
    return open(config, size, CONNECTION_WAIT_MILLIS, STATEMENT_MILLIS);
  }

  /**
   * Makes a pool for work on the whole of a table, without connecting.
   *
   * @param config {@code url}, {@code user} and {@code password}
   * @param connections at most
   * @throws io.helidon.config.ConfigException when the address is missing
   * @throws IllegalArgumentException when the address is not one of PostgreSQL
   */
  public static Database openForBatches(Config config, int connections) {
    return open(config, connections, BATCH_CONNECTION_WAIT_MILLIS, BATCH_STATEMENT_MILLIS);
  }

  private static Database open(
      Config config, int size, int connectionWaitMillis, int statementMillis) {
    DriverDataSource server = new DriverDataSource(config, 0, true);
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("carol-llm");
    hikari.setDataSource(server);
    hikari.setMaximumPoolSize(size);
    hikari.setInitializationFailTimeout(-1);
    hikari.setConnectionTimeout(connectionWaitMillis);
    hikari.setValidationTimeout(VALIDATION_MILLIS);
    hikari.setExceptionOverride(new ReadOnlyEviction());
    return new Database(server, new HikariDataSource(hikari), statementMillis);
  }

  /**
   * Runs named statements, which use one connection at a time.
   *
   * @throws DatabaseUnavailableException when the database is away, not migrated yet, or has more
   *     to do than it can do in time
   */
  public <T> T run(Function<DbClient, T> statement) {
    if (!turns.begin()) {
      var why = new SQLTransientConnectionException("every connection is in use");
      throw failing
          ? new DatabaseUnavailableException(why)
          : DatabaseUnavailableException.busy(why);
    }
    try {
      return runNow(statement);
    } finally {
      turns.end();
    }
  }

  private <T> T runNow(Function<DbClient, T> statement) {
    try {
      T answer = statement.apply(client);
      failing = false;
      outages.answered();
      return answer;
    } catch (DbClientException e) {
      if (e.getCause() instanceof SQLException sql) {
        SQLException why = deadlines.passed() ? noAnswer() : sql;
        if (UNAVAILABLE.matcher(String.valueOf(why.getSQLState())).matches()) {
          failing = true;
          throw unavailable(why);
        }
      }
      throw e;
    } finally {
      deadlines.end();
    }
  }

  private SQLException noAnswer() {
    return new SQLTimeoutException("It did not answer within " + deadlines.limit(), "08006");
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(WATCH_PAUSE);
        look();
      }
    } catch (InterruptedException e) {
      // Closed.
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    try {
      deadlines.look();
      turns.look(failing);
    } catch (RuntimeException e) {
      // Without this thread no statement and no wait would have an end any more.
      LOGGER.error("A look after the statements failed", e);
    }
  }

  /**
   * Runs named statements in one transaction, which is rolled back when any of them, or what is
   * done between them, fails.
   *
   * @throws DatabaseUnavailableException as {@link #run}; what was written may be there or not
   */
  public <T> T transact(Function<DbExecute, T> statements) {
    return run(db -> {
      DbTransaction transaction = db.transaction();
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

  /** How many wait for a connection. */
  public int waiting() {
    return turns.waiting() + pool(HikariPoolMXBean::getThreadsAwaitingConnection);
  }

  /** A figure of the connection pool; 0 as long as nobody has asked for a connection. */
  public int pool(ToIntFunction<HikariPoolMXBean> figure) {
    HikariPoolMXBean bean = pool.getHikariPoolMXBean();
    return bean == null ? 0 : figure.applyAsInt(bean);
  }

  @Override
  public void close() {
    server.close();
    pool.close();
    watch.interrupt();
  }

  private Connection connect() {
    long asked = System.nanoTime();
    while (true) {
      try {
        Connection connection = pool.getConnection();
        deadlines.begin(connection);
        return connection;
      } catch (SQLTransientConnectionException e) {
        if (!isBusy() || System.nanoTime() - asked > LONGEST_QUEUE_NANOS) {
          throw noConnection(e);
        }
      } catch (SQLException e) {
        throw unavailable(e);
      }
    }
  }

  /**
   * Whether others have statements under way, and none that ended says that the database is away.
   * If it is, one of theirs will say so within {@link #STATEMENT_MILLIS}.
   */
  private boolean isBusy() {
    return !failing && pool(HikariPoolMXBean::getActiveConnections) > 0;
  }

  /** The pool only knows that it has none; why is for the server to say. */
  private DatabaseUnavailableException noConnection(SQLException e) {
    failing = true;
    Optional<SQLException> failure = server.failure();
    if (failure.isEmpty() && pool(HikariPoolMXBean::getActiveConnections) == 0) {
      // An attempt to connect is under way, which may be slow or may fail: no outage yet.
      return new DatabaseUnavailableException(e);
    }
    return unavailable(failure.orElse(e));
  }

  private DatabaseUnavailableException unavailable(SQLException e) {
    DatabaseUnavailableException unavailable = new DatabaseUnavailableException(e);
    if (!unavailable.schemaMissing()) {
      outages.failed(SqlErrors.of(e));
    }
    return unavailable;
  }

  static DbStatements statements() {
    return DbStatements.create(
        Config.builder(ConfigSources.classpath("sql/statements.yaml"))
            .disableEnvironmentVariablesSource()
            .disableSystemPropertiesSource()
            .build());
  }
}
