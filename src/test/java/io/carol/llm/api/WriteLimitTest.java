package io.carol.llm.api;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.time.Duration;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The writes of each user are limited. */
final class WriteLimitTest {
  private static final String BODY = "{\"provider\":\"anthropic\",\"model\":\"m\"}";
  private static final int PER_MINUTE = 30;
  // On a slow machine some tokens come back while the first are taken.
  private static final int MAX_TRIES = 5 * PER_MINUTE;

  @AutoClose
  private static final TestService service =
      TestService.start("carol.limits.writes.per.minute", Integer.toString(PER_MINUTE));

  /** Sends until a request is refused, and returns its answer. */
  private static Reply firstRefused(IntFunction<Reply> request) {
    for (int i = 0; i < MAX_TRIES; i++) {
      Reply reply = request.apply(i);
      if (reply.status() == 429) {
        assertTrue(i >= PER_MINUTE, "refused after " + i);
        assertProblem(429, "rate_limited", reply);
        return reply;
      }
    }
    throw new AssertionError("None of " + MAX_TRIES + " was refused");
  }

  @Test
  void writesBeyondTheLimitAreRefusedUntilTheTimeOfRetryAfter() throws InterruptedException {
    Api user = service.as("eager");
    Reply refused = firstRefused(i -> user.put(BODY));
    int seconds = Integer.parseInt(refused.header("retry-after"));
    assertTrue(seconds >= 1 && seconds <= 2, "a token comes back every 2 s, not in " + seconds);
    Thread.sleep(Duration.ofSeconds(seconds));
    assertEquals(200, user.put(BODY).status());
  }

  @Test
  void everyKindOfWriteCounts() {
    Api user = service.as("various");
    firstRefused(i ->
        switch (i % 3) {
          case 0 -> user.delete();
          case 1 -> user.put("{");
          default -> user.put(BODY);
        });
    assertEquals(429, user.delete().status());
  }

  @Test
  void aRefusedWriteChangesNothingAndLimitsNeitherReadingNorAnotherUser() {
    Api user = service.as("loud");
    firstRefused(i -> user.put(BODY));
    assertEquals(429, user.put(BODY.replace("\"m\"", "\"other\"")).status());
    for (int i = 0; i < 2 * PER_MINUTE; i++) {
      assertEquals("m", user.get().text("model"));
    }
    assertEquals(201, service.as("quiet").put(BODY).status());
  }

  @Test
  void requestsWithoutATokenDoNotCount() {
    for (int i = 0; i < MAX_TRIES; i++) {
      assertEquals(401, service.anonymous().put(BODY).status());
    }
  }

  @Test
  void aLimitOfZeroIsNoLimit() {
    try (TestService unlimited = TestService.start()) {
      // More than the limit that holds without this setting.
      for (int i = 0; i < 1_000; i++) {
        assertEquals(204, unlimited.as("user").delete().status());
      }
    }
  }
}
