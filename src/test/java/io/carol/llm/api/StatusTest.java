package io.carol.llm.api;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.settings.DecryptedLlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.Outcome;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code GET /api/settings/llm/status} says what is known of a stored key. */
final class StatusTest {
  private static final String PATH = SettingsResource.STATUS_PATH;
  private static final String UNUSED =
      "{\"key\":\"stored\",\"lastUsedAt\":null,\"lastOutcome\":null,\"lastOutcomeAt\":null}";

  private static final Setup setup = Setup.shared();

  private static User configured() {
    User user = setup.newUser();
    assertEquals(
        201, user.put("provider", "anthropic", "model", "m", "apiKey", "sk-1234").status());
    return user;
  }

  private static Reply status(User user) {
    return user.api().send("GET", PATH, null);
  }

  private static DecryptedLlmSettings handedOut(User user) {
    return setup.credentials().getDecryptedLlmSettings(user.id());
  }

  private static void report(DecryptedLlmSettings settings, Outcome outcome) {
    setup.credentials().report(settings, outcome);
  }

  /** The report of a user as it is stored; "none" when there is none. */
  private static String stored(User user) {
    return setup
        .service()
        .sqlValue(
            "SELECT CAST(used AS text) FROM user_llm_usage AS used WHERE user_id = '%s'"
                .formatted(user.id()));
  }

  @Test
  void isThereWhereSettingsAre() {
    User user = setup.newUser();
    assertProblem(404, "not_configured", status(user));
    user.put("provider", "anthropic", "model", "m");
    assertEquals("none", status(user).text("key"));
    user.put("provider", "anthropic", "model", "m", "apiKey", "sk-1234");
    Reply reply = status(user);
    assertEquals(UNUSED, reply.body());
    assertEquals("no-store", reply.header("cache-control"));
    assertEquals("", reply.header("etag"));
    user.api().delete();
    assertProblem(404, "not_configured", status(user));
  }

  @ParameterizedTest
  @EnumSource
  void tellsWhatTheAgentReported(Outcome outcome) {
    User user = configured();
    Instant before = Instant.now().minus(Duration.ofMinutes(1));
    report(handedOut(user), outcome);
    Reply reply = status(user);
    assertEquals(outcome.wireName(), reply.text("lastOutcome"));
    assertEquals(reply.text("lastUsedAt"), reply.text("lastOutcomeAt"));
    assertTrue(Instant.parse(reply.text("lastUsedAt")).isAfter(before), reply::body);
  }

  @Test
  void aReportChangesNeitherTheSettingsNorTheirEntityTag() {
    User user = configured();
    String row = user.row();
    report(handedOut(user), Outcome.REFUSED);
    assertEquals(row, user.row());
  }

  @Test
  void replacedSettingsHaveNoReportAndTakeNoneOfTheOldOnes() {
    User user = configured();
    DecryptedLlmSettings old = handedOut(user);
    report(old, Outcome.REFUSED);
    user.put("provider", "anthropic", "model", "m", "apiKey", "sk-5678");
    assertEquals(UNUSED, status(user).body());
    report(old, Outcome.NO_CREDIT);
    assertEquals(UNUSED, status(user).body());
    report(handedOut(user), Outcome.ACCEPTED);
    report(old, Outcome.REFUSED);
    assertEquals("accepted", status(user).text("lastOutcome"));
    user.api().delete();
    report(old, Outcome.REFUSED);
    assertEquals("none", stored(user));
  }

  @Test
  void aReportThatMeetsTheRemovalOfTheSettingsIsDropped() throws Exception {
    User user = configured();
    DecryptedLlmSettings settings = handedOut(user);
    try (Connection remover = setup.service().dataSource().getConnection();
        Statement sql = remover.createStatement();
        ExecutorService agent = Executors.newSingleThreadExecutor()) {
      remover.setAutoCommit(false);
      sql.execute("DELETE FROM user_llm_credentials WHERE user_id = '%s'".formatted(user.id()));
      Future<?> report = agent.submit(() -> report(settings, Outcome.ACCEPTED));
      TestService.await(
          "the report waits for the removal",
          () -> report.isDone() || setup.service().waitingForLocks() > 0);
      remover.commit();
      report.get(20, TimeUnit.SECONDS);
    }
    assertEquals("none", stored(user));
  }

  @Test
  void theSameOutcomeIsStoredOnceAnHour() {
    User user = configured();
    DecryptedLlmSettings settings = handedOut(user);
    report(settings, Outcome.ACCEPTED);
    String first = stored(user);
    report(settings, Outcome.ACCEPTED);
    assertEquals(first, stored(user));
    try (LlmSettingsService other = TestService.agent(setup.service().config())) {
      other.report(settings, Outcome.ACCEPTED);
      assertEquals(first, stored(user), "by another process");
      age(user, "59 minutes");
      String younger = stored(user);
      other.report(settings, Outcome.REFUSED);
      assertNotEquals(younger, stored(user), "another outcome");
    }
    age(user, "61 minutes");
    String old = stored(user);
    try (LlmSettingsService later = TestService.agent(setup.service().config())) {
      later.report(settings, Outcome.REFUSED);
      assertNotEquals(old, stored(user), "an hour later");
    }
  }

  private static void age(User user, String time) {
    setup
        .service()
        .sql(
            "UPDATE user_llm_usage SET reported_at = reported_at - interval '%s' WHERE user_id = '%s'"
                .formatted(time, user.id()));
  }

  @Test
  void reportsGoWithTheSettingsAndWithTheUser() {
    for (String removal :
        List.of("DELETE FROM user_llm_credentials WHERE user_id", "DELETE FROM users WHERE id")) {
      User user = configured();
      report(handedOut(user), Outcome.ACCEPTED);
      assertNotEquals("none", stored(user));
      setup.service().sql(removal + " = '" + user.id() + "'");
      assertEquals("none", stored(user));
    }
  }
}
