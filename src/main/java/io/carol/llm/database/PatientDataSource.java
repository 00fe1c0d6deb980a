package io.carol.llm.database;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connects for the pool, again and again until it succeeds. The pool's own attempts would come ever
 * more slowly, up to 5 s apart, and the service be back that much later than its database.
 * Thread-safe.
 */
final class PatientDataSource implements DataSource, AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final String url;
  private final Properties properties;
  private final int statementTimeoutMillis;
  private volatile @Nullable SQLException failure;
  private volatile boolean closed;

  /**
   * @param properties of the driver; what {@code url} says goes before them
   * @param statementTimeoutMillis how long the server may be silent
   */
  PatientDataSource(String url, Properties properties, int statementTimeoutMillis) {
    this.url = url;
    this.properties = properties;
    this.statementTimeoutMillis = statementTimeoutMillis;
  }

  /** Why the last attempt failed; empty when it did not. */
  Optional<SQLException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Returns when it has a connection; throws when closed only. */
  @Override
  public Connection getConnection() throws SQLException {
    while (true) {
      try {
        Connection connection = DriverManager.getConnection(url, properties);
        // In milliseconds, which the driver's socketTimeout does not know.
        connection.setNetworkTimeout(Runnable::run, statementTimeoutMillis);
        failure = null;
        return connection;
      } catch (SQLException e) {
        failure = e;
        if (closed) {
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
