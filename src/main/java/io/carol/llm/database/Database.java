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
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * The connection pool and the named statements of {@code sql/statements.yaml}. Opening one connects
 * to nothing, so that a service can start while the database is down. Thread-safe.
 */
public final class Database implements AutoCloseable {
  private static final long CONNECTION_TIMEOUT_MILLIS = 1_500;
  private static final long VALIDATION_TIMEOUT_MILLIS = 1_000;
  private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(1);
  private static final Duration LONGEST_QUEUE = Duration.ofSeconds(10);

  private final HikariDataSource pool;
  private final DbClient client;
  private volatile long lastAnswer = System.nanoTime() - SIGN_OF_LIFE.toNanos();

  private Database(HikariDataSource pool) {
    this.pool = pool;
    this.client =
        JdbcClientBuilder.create().connectionPool(this::connect).statements(statements()).build();
  }

  /**
   * Makes the pool without connecting.
   *
   * @param config {@code url}, {@code user}, {@code password} and {@code pool.size}
   * @throws io.helidon.config.ConfigException when the address is missing
   * @throws IllegalArgumentException when the pool's size is below one
   */
  public static Database open(Config config) {
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("carol-llm");
    hikari.setJdbcUrl(config.get("url").asString().get());
    config.get("user").asString().ifPresent(hikari::setUsername);
    config.get("password").asString().ifPresent(hikari::setPassword);
    hikari.setMaximumPoolSize(config.get("pool.size").asInt().orElse(10));
    hikari.setInitializationFailTimeout(-1);
    // Together below the 3 s in which a request must have its answer when the database is away.
    hikari.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
    hikari.setValidationTimeout(VALIDATION_TIMEOUT_MILLIS);
    hikari.addDataSourceProperty("connectTimeout", "1");
    hikari.addDataSourceProperty("socketTimeout", "2");
    hikari.addDataSourceProperty("tcpKeepAlive", "true");
    hikari.addDataSourceProperty("ApplicationName", "carol-llm-settings");
    // The detail of a failed constraint holds the whole row, ciphertext included.
    hikari.addDataSourceProperty("logServerErrorDetail", "false");
    return new Database(new HikariDataSource(hikari));
  }

  /**
   * Runs named statements.
   *
   * @throws DatabaseUnavailableException when the database is away or not migrated yet
   */
  public <T> T run(Function<DbClient, T> statement) {
    try {
      T answer = statement.apply(client);
      lastAnswer = System.nanoTime();
      return answer;
    } catch (DbClientException e) {
      if (e.getCause() instanceof SQLException sql && isUnavailable(sql)) {
        throw new DatabaseUnavailableException("The database failed to answer", sql);
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
    pool.close();
  }

  /** Goes on waiting while others get their answers: the database is busy then, and not away. */
  private Connection connect() {
    long asked = System.nanoTime();
    while (true) {
      try {
        return pool.getConnection();
      } catch (SQLException e) {
        long now = System.nanoTime();
        boolean busy =
            e instanceof SQLTransientConnectionException
                && now - lastAnswer < SIGN_OF_LIFE.toNanos()
                && now - asked < LONGEST_QUEUE.toNanos();
        if (!busy) {
          throw new DatabaseUnavailableException("No connection to the database could be had", e);
        }
      }
    }
  }

  private static DbStatements statements() {
    return DbStatements.create(
        Config.builder(ConfigSources.classpath("sql/statements.yaml"))
            .disableEnvironmentVariablesSource()
            .disableSystemPropertiesSource()
            .disableValueResolving()
            .build());
  }

  /**
   * SQLSTATE classes of a server that is away, starting, stopping or full, and of a schema that is
   * not there yet (PostgreSQL documentation, appendix A).
   */
  private static boolean isUnavailable(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return e instanceof SQLTransientConnectionException
        || state.startsWith("08")
        || state.startsWith("53")
        || state.startsWith("57P")
        || state.startsWith("58")
        || state.equals("25006")
        || state.equals("42P01")
        || state.equals("42703");
  }
}
