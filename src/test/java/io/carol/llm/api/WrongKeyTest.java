package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Replicas with keys that are not, or no longer, the database's store nothing with them. */
final class WrongKeyTest {
  private static final String OLD = Secrets.encryptionKey();
  private static final String NEW = Secrets.encryptionKey();
  private static final String WRONG = Secrets.encryptionKey();
  private static final int USERS = 6;
  private static final int SAVES = 40;

  private final String database = TestService.migratedDatabase();
  private final List<TestService> replicas = new ArrayList<>();

  private TestService replica(String sealing, String opening) {
    TestService replica =
        TestService.start(
            database,
            Map.of("carol.encryption.key", sealing, "carol.encryption.keys.previous", opening));
    replicas.add(replica);
    return replica;
  }

  @AfterEach
  void stop() {
    replicas.forEach(TestService::close);
  }

  private static Reply save(TestService replica, String user, String apiKey) {
    return replica
        .as(user)
        .put("{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"" + apiKey + "\"}");
  }

  private static String outcome(Reply reply) {
    return reply.status() == 503 ? reply.code() : "saved";
  }

  /** A replica, and what becomes of a save that brings an API key. */
  private record Target(TestService replica, String outcome) {}

  /**
   * Users save through all of these replicas, and after each answer the agent gets the API key that
   * was acknowledged last.
   */
  private void assertNothingIsOverwritten(TestService right, List<Target> targets)
      throws Exception {
    try (LlmSettingsService agent = TestService.agent(right.config());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> users = new ArrayList<>();
      for (int i = 0; i < USERS; i++) {
        String user = "user-" + i;
        Random random = new Random(i);
        assertEquals("saved", outcome(save(right, user, "sk-first")));
        users.add(
            threads.submit(() -> {
              String acknowledged = "sk-first";
              for (int turn = 0; turn < SAVES; turn++) {
                Target target = targets.get(random.nextInt(targets.size()));
                String next = "sk-" + user + "-" + turn;
                assertEquals(target.outcome, outcome(save(target.replica, user, next)));
                acknowledged = target.outcome.equals("saved") ? next : acknowledged;
                assertEquals(
                    Optional.of(acknowledged), agent.getDecryptedLlmKey(user).map(ApiKey::reveal));
              }
            }));
      }
      for (Future<?> user : users) {
        user.get();
      }
    }
  }

  @Test
  void neitherARetiredNorAForeignKeyOverwritesAnythingAndTheyVouchForNoOther() throws Exception {
    TestService right = replica(NEW, OLD);
    assertEquals("saved", outcome(save(right, "anna", "sk-1")));
    TestService.postgres()
        .sql(
            database,
            "UPDATE llm_encryption_keys SET retired_at = now() WHERE kid <>"
                + " (SELECT substr(api_key_ciphertext, 4, 8) FROM user_llm_credentials)");
    assertNothingIsOverwritten(
        right,
        List.of(
            new Target(right, "saved"),
            new Target(replica(OLD, ""), "encryption_key_retired"),
            new Target(replica(OLD, NEW), "encryption_key_retired"),
            new Target(replica(WRONG, ""), "encryption_key_foreign"),
            new Target(replica(WRONG, OLD), "encryption_key_foreign")));
  }
}
