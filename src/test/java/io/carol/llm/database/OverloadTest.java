package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** More requests than the database can do in time. */
final class OverloadTest {
  private static final String PUT = "{\"provider\":\"anthropic\",\"model\":\"claude-sonnet-4-5\"}";

  @Test
  void isAnswered503ForThoseWhoWouldWaitTooLongAndServesTheOthers() throws Exception {
    try (TestService service =
        TestService.start(
            Map.of(
                "carol.encryption.key",
                Secrets.encryptionKey(),
                "carol.database.pool.size",
                "1"))) {
      service.sql(
          """
          CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$;
          CREATE TRIGGER dawdle BEFORE INSERT OR UPDATE ON users
          FOR EACH ROW EXECUTE FUNCTION dawdle()
          """);
      assertEquals(201, service.as("early").put(PUT).status());
      int saved = 0;
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Reply>> replies = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          String user = "user " + i;
          replies.add(threads.submit(() -> service.as(user).put(PUT)));
        }
        for (Future<Reply> each : replies) {
          Reply reply = each.get();
          if (reply.status() == 201) {
            saved++;
          } else {
            assertEquals(503, reply.status(), reply::body);
            assertEquals("database_unavailable", reply.code());
            assertEquals("2", reply.header("retry-after"));
          }
        }
      }
      assertTrue(saved > 0 && saved < 50, "saved: " + saved);
      assertEquals(200, service.as("early").get().status());
      assertEquals(
          Integer.toString(saved),
          service.sqlValue("SELECT count(*) FROM users WHERE id LIKE 'user %'"));
    }
  }
}
