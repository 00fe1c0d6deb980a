package io.carol.llm.database;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;

/**
 * Takes a connection out of the pool when its server refused to write. That server is a standby,
 * and stays one: only a new connection can lead to the primary, where the address does by now.
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
