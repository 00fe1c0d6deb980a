package io.carol.llm.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbStatements;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;

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

  private static final long LONGEST_QUEUE_NANOS = TimeUnit.SECONDS.toNanos(10);

  // Nobody waits for an attempt to connect; these make room for the next one.
  private static final String TCP_CONNECT_SECONDS = "1";
  private static final String SILENT_HANDSHAKE_SECONDS = "2";
  private static final String WHOLE_LOGIN_SECONDS = "3";

  /**
   * SQLSTATE classes and codes (PostgreSQL documentation, appendix A) of a server that is away,
   * starting, stopping, full, a standby or too busy, and of a database, a schema or privileges that
   * are not there yet.
   */
  private static final Pattern UNAVAILABLE =
      Pattern.compile("(08|28|40|53|57|58)...|25006|3D000|42501|42703|42P01|55P03");

  // They write the parameters of statements, and with them sealed keys, to the log. Held here: a
  // logger that nobody holds forgets its level.
  private static final List<Logger> LOGGERS_OF_PARAMETERS =
      List.of(
          Logger.getLogger("io.helidon.dbclient.jdbc.JdbcStatement"),
          Logger.getLogger("org.postgresql.core.v3.QueryExecutorImpl"));

  private final PatientDataSource server;
  private final HikariDataSource pool;
  private final DbClient client;
  private final OutageLog outages = new OutageLog();
  private volatile boolean lastStatementFailed;

  private Database(PatientDataSource server, HikariDataSource pool) {
    this.server = server;
    this.pool = pool;
    this.client =
        JdbcClientBuilder.create().connectionPool(this::connect).statements(statements()).build();
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
    // Here and not in logging.properties, which can be replaced.
    LOGGERS_OF_PARAMETERS.forEach(logger -> logger.setLevel(Level.INFO));
    Properties properties = new Properties();
    config.get("user").asString().ifPresent(user -> properties.setProperty("user", user));
    config
        .get("password")
        .asString()
        .ifPresent(password -> properties.setProperty("password", password));
    properties.setProperty("connectTimeout", TCP_CONNECT_SECONDS);
    properties.setProperty("socketTimeout", SILENT_HANDSHAKE_SECONDS);
    properties.setProperty("loginTimeout", WHOLE_LOGIN_SECONDS);
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("ApplicationName", "carol-llm-settings");
    // The detail of a failed constraint holds the whole row, ciphertext included.
    properties.setProperty("logServerErrorDetail", "false");
    PatientDataSource server = new PatientDataSource(url(config), properties, STATEMENT_MILLIS);

    int size = config.get("pool.size").asInt().orElse(10);
    if (size < 1) {
      throw new IllegalArgumentException("CAROL_DATABASE_POOL_SIZE must be 1 or more");
    }
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("carol-llm");
    hikari.setDataSource(server);
    hikari.setMaximumPoolSize(size);
    hikari.setInitializationFailTimeout(-1);
    hikari.setConnectionTimeout(CONNECTION_WAIT_MILLIS);
    hikari.setValidationTimeout(VALIDATION_MILLIS);
    return new Database(server, new HikariDataSource(hikari));
  }

  /**
   * The address of the database.
   *
   * @throws io.helidon.config.ConfigException when it is missing
   * @throws IllegalArgumentException when it is not one of PostgreSQL; the message does not repeat
   *     it, for it may hold a password
   */
  static String url(Config config) {
    String url = config.get("url").asString().get();
    try {
      DriverManager.getDriver(url);
    } catch (SQLException e) {
      throw new IllegalArgumentException(
          "CAROL_DATABASE_URL is not a JDBC address of PostgreSQL,"
              + " such as jdbc:postgresql://localhost:5432/carol");
    }
    return url;
  }

  /**
   * Runs named statements.
   *
   * @throws DatabaseUnavailableException when the database is away or not migrated yet
   */
  public <T> T run(Function<DbClient, T> statement) {
    try {
      T answer = statement.apply(client);
      lastStatementFailed = false;
      outages.answered();
      return answer;
    } catch (DbClientException e) {
      if (e.getCause() instanceof SQLException sql
          && UNAVAILABLE.matcher(String.valueOf(sql.getSQLState())).matches()) {
        lastStatementFailed = true;
        throw unavailable(sql);
      }
      throw e;
    }
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
  }

  private Connection connect() {
    long asked = System.nanoTime();
    while (true) {
      try {
        return pool.getConnection();
      } catch (SQLTransientConnectionException e) {
        if (!isBusy() || System.nanoTime() - asked > LONGEST_QUEUE_NANOS) {
          // The pool only knows that it has none; why is for the server to say.
          throw unavailable(server.failure().orElse(e));
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
    return !lastStatementFailed && pool(HikariPoolMXBean::getActiveConnections) > 0;
  }

  private DatabaseUnavailableException unavailable(SQLException e) {
    DatabaseUnavailableException unavailable = new DatabaseUnavailableException(e);
    if (!unavailable.schemaMissing()) {
      outages.failed(Reasons.of(e));
    }
    return unavailable;
  }

  static DbStatements statements() {
    return DbStatements.create(
        Config.builder(ConfigSources.classpath("sql/statements.yaml"))
            .disableEnvironmentVariablesSource()
            .disableSystemPropertiesSource()
            .disableValueResolving()
            .build());
  }
}
