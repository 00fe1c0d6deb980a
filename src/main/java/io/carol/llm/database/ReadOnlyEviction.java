package io.carol.llm.database;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Takes a connection out of the pool when its server refused to write. That server is a standby and
 * stays one. The address leads to the primary by now, and only a new connection follows it.
 */
final class ReadOnlyEviction implements SQLExceptionOverride {
  private static final String READ_ONLY_TRANSACTION = "25006";

  // In full, because Override alone is the type of the verdict here.
  @java.lang.Override
  public Override adjudicate(SQLException e) {
    return READ_ONLY_TRANSACTION.equals(e.getSQLState())
        ? Override.MUST_EVICT
        : Override.CONTINUE_EVICT;
  }
}
