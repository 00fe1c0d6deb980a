package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.settings.LlmNotConfiguredException;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Together;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where users come from, and what happens when they go. */
@Timeout(120)
final class UserProvisioningTest {
  private static final Setup provisioning = Setup.shared();

  @AutoClose private static final Setup closed = Setup.start("carol.users.provision", "false");

  private static Reply put(User user, String model, String... headers) {
    return user.api()
        .put(
            Bodies.json("provider", "anthropic", "model", model, "apiKey", "sk-" + model), headers);
  }

  private static void add(User user) {
    user.setup().service().sql("INSERT INTO users (id) VALUES ('" + user.id() + "')");
  }

  private static void delete(User user) {
    user.setup().service().sql("DELETE FROM users WHERE id = '" + user.id() + "'");
  }

  @Nested
  final class SwitchedOff {
    @Test
    void aUserIsKnownFromTheMomentTheyAreAdded() {
      User user = closed.newUser();
      assertEquals(403, put(user, "m").status());
      add(user);
      assertEquals(201, put(user, "m").status());
      delete(user);
      assertEquals(404, user.api().get().status());
      assertEquals(403, put(user, "m").status());
    }

    @Test
    void mistakesAndPreconditionsComeFirst() {
      User user = closed.newUser();
      assertEquals(422, user.put("provider", "anthropic").status());
      assertEquals(412, put(user, "m", "If-Match", "*").status());
      assertEquals(403, put(user, "m", "If-None-Match", "*").status());
    }
  }

  @Nested
  final class SwitchedOn {
    @Test
    void readingRemovingAndARefusedSaveMakeNoUser() {
      User user = provisioning.newUser();
      user.api().get();
      user.api().delete();
      user.put("provider", "anthropic");
      put(user, "m", "If-Match", "*");
      assertFalse(user.exists());
    }

    @Test
    void anExistingUserStaysUnchanged() {
      User user = provisioning.newUser();
      add(user);
      String created =
          provisioning
              .service()
              .sqlValue("SELECT created_at FROM users WHERE id = '" + user.id() + "'");
      put(user, "m");
      assertEquals(
          created,
          provisioning
              .service()
              .sqlValue("SELECT created_at FROM users WHERE id = '" + user.id() + "'"));
    }
  }

  @Nested
  final class Deleted {
    @Test
    void takeTheirSettingsWithThem() {
      User user = provisioning.newUser();
      put(user, "m");
      delete(user);
      assertEquals("none", user.row());
      assertEquals(404, user.api().get().status());
      assertThrows(LlmNotConfiguredException.class, user::key);
    }

    @Test
    void mayComeBackWithNothing() {
      User user = provisioning.newUser();
      String tag = put(user, "m").header("etag");
      delete(user);
      assertEquals(412, put(user, "m", "If-Match", tag).status());
      Reply created = user.put("provider", "anthropic", "model", "m");
      assertEquals("201 false", created.status() + " " + created.text("keyConfigured"));
    }

    @RepeatedTest(3)
    void canSaveInEveryMomentWhileTheyAreDeletedAgainAndAgain() {
      User user = provisioning.newUser();
      assertEquals(
          Set.of(200, 201),
          statuses(
              Together.run(
                  40,
                  i -> {
                    if (i % 4 == 0) {
                      delete(user);
                    }
                    return put(user, "m" + i);
                  })));
    }

    @RepeatedTest(3)
    void areAnsweredOnlySavedOrUnknownWhileTheyAreDeletedAndAddedAgain() {
      User user = closed.newUser();
      Set<Integer> statuses =
          statuses(
              Together.run(
                  40,
                  i -> {
                    if (i % 4 == 0) {
                      delete(user);
                      closed
                          .service()
                          .sql(
                              "INSERT INTO users (id) VALUES ('%s') ON CONFLICT DO NOTHING"
                                  .formatted(user.id()));
                    }
                    return put(user, "m" + i);
                  }));
      assertTrue(Set.of(200, 201, 403).containsAll(statuses), statuses::toString);
    }

    private static Set<Integer> statuses(List<Reply> replies) {
      return replies.stream().map(Reply::status).collect(Collectors.toSet());
    }
  }
}
