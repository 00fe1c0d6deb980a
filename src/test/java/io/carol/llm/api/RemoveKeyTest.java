package io.carol.llm.api;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code DELETE /api/settings/llm/api-key} removes the stored key alone. */
final class RemoveKeyTest {
  private static final String PATH = Api.PATH + "/api-key";

  private static final Setup setup = Setup.shared();

  private static User userWithKey() {
    User user = setup.newUser();
    assertEquals(
        201, user.put("provider", "anthropic", "model", "m", "apiKey", "sk-ant-1").status());
    return user;
  }

  private static Reply removeKey(User user, String... headers) {
    return user.api().send("DELETE", PATH, null, headers);
  }

  @Test
  void theKeyGoesAndTheRestStays() {
    User user = userWithKey();
    String before = user.api().get().header("etag");
    Reply reply = removeKey(user);
    assertEquals(204, reply.status());
    assertEquals("", reply.body());
    Reply left = user.api().get();
    assertEquals("m", left.text("model"));
    assertFalse(left.json().getBoolean("keyConfigured"));
    assertNotEquals(before, left.header("etag"));
    assertEquals(Optional.empty(), user.key());
  }

  @Test
  void removingAKeyThatIsNotThereIsNoError() {
    User user = userWithKey();
    assertEquals(204, removeKey(user).status());
    assertEquals(204, removeKey(user).status());
    assertEquals(204, removeKey(setup.newUser()).status());
  }

  @Test
  void aKeyGoesThatIsSavedWhileTheRemovalWaitsForTheRow() throws Exception {
    User user = setup.newUser();
    assertEquals(201, user.put("provider", "anthropic", "model", "m").status());
    String sealed =
        "(SELECT api_key_ciphertext FROM user_llm_credentials WHERE user_id = '%s')"
            .formatted(userWithKey().id());
    try (Connection other = setup.service().dataSource().getConnection();
        Statement save = other.createStatement();
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      other.setAutoCommit(false);
      save.execute(
          "UPDATE user_llm_credentials SET version = gen_random_uuid(), api_key_ciphertext = "
              + sealed
              + " WHERE user_id = '"
              + user.id()
              + "'");
      Future<Reply> removal = clients.submit(() -> removeKey(user));
      TestService.await(
          "the removal waits for the row", () -> setup.service().waitingForLocks() == 1);
      other.commit();
      assertEquals(204, removal.get(20, TimeUnit.SECONDS).status());
    }
    assertFalse(user.api().get().json().getBoolean("keyConfigured"));
  }

  @Test
  void anotherVersionThanExpectedKeepsItsKey() {
    User user = userWithKey();
    String tag = user.api().get().header("etag");
    assertProblem(
        412,
        "precondition_failed",
        removeKey(user, "If-Match", "\"00000000-0000-4000-8000-000000000000\""));
    assertEquals(Optional.of("sk-ant-1"), user.key());
    assertEquals(204, removeKey(user, "If-Match", tag).status());
    assertEquals(Optional.empty(), user.key());
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "POST"})
  void theKeyCannotBeReadOrSetThere(String method) {
    Reply reply = userWithKey().api().send(method, PATH, null);
    assertProblem(405, "method_not_allowed", reply);
    assertEquals("DELETE", reply.header("allow"));
  }
}
