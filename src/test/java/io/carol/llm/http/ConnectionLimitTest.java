package io.carol.llm.http;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** There are as many connections at once as the operator says. */
final class ConnectionLimitTest {
  private static final String GET = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n";

  @Test
  void whoComesWhenItIsFullIsToldAndThoseWhoAreThereAreServed() {
    try (TestService service = serviceWithConnections(3)) {
      try (RawHttp first = new RawHttp(service.connect());
          RawHttp second = new RawHttp(service.connect());
          RawHttp third = new RawHttp(service.connect())) {
        for (RawHttp connection : List.of(first, second, third)) {
          assertEquals(404, connection.send(GET).read().status());
        }
        for (int i = 0; i < 50; i++) {
          try (RawHttp fourth = new RawHttp(service.connect())) {
            List<Reply> replies = fourth.send(GET + GET).readAll();
            assertEquals(1, replies.size());
            Reply refused = replies.getFirst();
            assertProblem(503, "overloaded", refused);
            assertEquals("2", refused.header("retry-after"));
            assertEquals("close", refused.header("connection"));
            Api.CONTRACT.check("GET", Api.PATH, 503, refused.headers(), refused.body());
          }
        }
        assertEquals(404, second.send(GET).read().status());
        assertEquals(200, service.observe("/observe/health/ready").status());
      }
      TestService.await("somebody else has a turn", () -> isServed(service));
    }
  }

  @Test
  void whoOnlyKeepsAConnectionMakesRoomForOthersWhenItIsFull() {
    try (TestService service = serviceWithConnections(1);
        RawHttp idle = new RawHttp(service.connect())) {
      assertEquals(404, idle.send(GET).read().status());
      TestService.await("somebody else is served", () -> isServed(service));
    }
  }

  private static TestService serviceWithConnections(int limit) {
    return TestService.start(
        Map.of(
            "carol.encryption.key",
            Secrets.encryptionKey(),
            "carol.limits.connections",
            Integer.toString(limit)));
  }

  private static boolean isServed(TestService service) {
    try (RawHttp next = new RawHttp(service.connect())) {
      return next.send(GET).read().status() == 404;
    }
  }
}
