package io.carol.llm.database;

import io.helidon.config.Config;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the PostgreSQL server of the configuration. Thread-safe.
 *
 * <p>For a pool it is patient: it tries again until it succeeds. The pool's own attempts would come
 * ever more slowly, up to 5 s apart, and the service be back that much later than its database.
 */
final class DriverDataSource implements DataSource, AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(500);

  // No request waits for an attempt to connect; these make room for the next one.
  private static final String TCP_CONNECT_SECONDS = "1";
  private static final String SILENT_HANDSHAKE_SECONDS = "2";
  private static final String WHOLE_LOGIN_SECONDS = "3";

  private static final String INVALID_PARAMETER_VALUE = "22023";

  private final String url;
  private final Properties properties = new Properties();
  private final int statementTimeoutMillis;
  private final boolean patient;
  private volatile @Nullable SQLException failure;
  private volatile boolean closed;

  /**
   * Connects to nothing yet.
   *
   * @param config {@code url}, {@code user} and {@code password}. What the address says about the
   *     driver goes before what is said here, but for the timeout of statements
   * @param statementTimeoutMillis how long the server may be silent; 0 where somebody else looks
   *     after that
   * @param patient whether to try until it succeeds
   * @throws io.helidon.config.ConfigException when the address is missing
   * @throws IllegalArgumentException when the address is not one of PostgreSQL; the message does
   *     not repeat it, for it may hold a password
   */
  DriverDataSource(Config config, int statementTimeoutMillis, boolean patient) {
    this.url = config.get("url").asString().get();
    this.statementTimeoutMillis = statementTimeoutMillis;
    this.patient = patient;
    try {
      DriverManager.getDriver(url);
    } catch (SQLException e) {
      throw new IllegalArgumentException(
          "CAROL_DATABASE_URL is not a JDBC address of PostgreSQL,"
              + " such as jdbc:postgresql://localhost:5432/carol");
    }
    for (String name : List.of("user", "password")) {
      config.get(name).asString().ifPresent(value -> properties.setProperty(name, value));
    }
    properties.setProperty("connectTimeout", TCP_CONNECT_SECONDS);
    properties.setProperty("socketTimeout", SILENT_HANDSHAKE_SECONDS);
    properties.setProperty("loginTimeout", WHOLE_LOGIN_SECONDS);
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("ApplicationName", "carol-llm-settings");
    // A parameter takes the type of the column it is compared with, such as that of users.id.
    properties.setProperty("stringtype", "unspecified");
    // The detail of a failed constraint holds the whole row, ciphertext included.
    properties.setProperty("logServerErrorDetail", "false");
  }

  /** Why the last attempt failed; empty when it did not. */
  Optional<SQLException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Where it is patient, throws when closed only. */
  @Override
  public Connection getConnection() throws SQLException {
    while (true) {
      try {
        Connection connection = DriverManager.getConnection(url, properties);
        // While the timeout of the login holds: the next may be none, and this could wait for ever.
        endStatementsOfLostClients(connection);
        // In milliseconds, which the driver's socketTimeout does not know.
        connection.setNetworkTimeout(Runnable::run, statementTimeoutMillis);
        failure = null;
        return connection;
      } catch (SQLException e) {
        failure = e;
        if (closed || !patient) {
          throw e;
        }
      }
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new SQLException("Interrupted while connecting", e);
      }
    }
  }

  /**
   * Where a statement takes too long its connection is given up. By itself the server would not
   * notice: the statement would go on waiting for a lock, one more for each attempt, until there is
   * no connection left for anybody, and then write what nobody waits for any more.
   */
  private static void endStatementsOfLostClients(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET client_connection_check_interval = '1s'");
    } catch (SQLException e) {
      // A server on Windows cannot look after its clients.
      if (!INVALID_PARAMETER_VALUE.equals(e.getSQLState())) {
        connection.close();
        throw e;
      }
    }
  }

  /** Ends the attempts. */
  @Override
  public void close() {
    closed = true;
  }

  /** Nothing: the pool would set its own timeout, but no request waits for an attempt to end. */
  @Override
  public void setLoginTimeout(int seconds) {}

  /** How long the pool, when it is closed, waits for the last attempt. */
  @Override
  public int getLoginTimeout() {
    return 4;
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {}

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
