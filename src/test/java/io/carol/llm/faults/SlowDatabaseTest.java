package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Together;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Another database client locks the table, and every connection waits for it. */
@Tag("faults")
final class SlowDatabaseTest {
  private static final int CONNECTIONS = 4;
  private static final int ROUNDS = 3;
  private static final String PUT =
      "{\"provider\":\"anthropic\",\"model\":\"%s\",\"apiKey\":\"sk-ant-1\"}";

  @Test
  void requestsGet503WhileTheTableIsLockedAndDoNotPileUpAtPostgres() throws Exception {
    try (TestService service =
            TestService.start("carol.database.pool.size", Integer.toString(CONNECTIONS));
        Connection other = service.dataSource().getConnection();
        Statement statement = other.createStatement()) {
      assertEquals(201, service.as("ada").put(PUT.formatted("before")).status());
      other.setAutoCommit(false);
      statement.execute("LOCK TABLE user_llm_credentials IN ACCESS EXCLUSIVE MODE");
      for (int round = 0; round < ROUNDS; round++) {
        assertAllRefused(service);
      }
      Measured.say(
          "table locked: %d connections at PostgreSQL, %d in the pool"
              .formatted(connections(service), CONNECTIONS));
      TestService.await(
          "the server has ended what no request waits for any more",
          () -> connections(service) <= CONNECTIONS);
      other.rollback();
      Measured.time(
          "table locked: a user is answered after it is free",
          () ->
              TestService.await(
                  "the table is free", () -> service.as("ada").get().status() == 200));
      assertEquals("before", service.as("ada").get().text("model"));
      assertEquals(200, service.as("ada").put(PUT.formatted("after")).status());
    }
  }

  private static int connections(TestService service) {
    return Integer.parseInt(
        service.sqlValue(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND application_name = 'carol-llm-settings'"));
  }

  private static void assertAllRefused(TestService service) {
    List<Reply> replies =
        Together.run(
            10 * CONNECTIONS,
            i -> {
              Api api = service.as("user-" + i);
              return i % 2 == 0 ? api.put(PUT.formatted("late")) : api.get();
            });
    for (Reply reply : replies) {
      assertEquals(503, reply.status(), reply::toString);
      assertEquals("database_unavailable", reply.code());
      assertEquals("2", reply.header("retry-after"));
    }
  }
}
