package io.carol.llm.api;

import static io.carol.llm.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The service without an encryption key, with a bad one, and with one that changes as it runs. */
final class EncryptionKeyStatesTest {
  private static final String NOT_A_KEY = "bm90LWEta2V5LUNhbmFyeQ==";

  private static Reply put(User user, String model, @Nullable String key) {
    return user.put("provider", "anthropic", "model", model, "apiKey", key);
  }

  private static Reply put(User user, String model) {
    return user.put("provider", "anthropic", "model", model);
  }

  private static void requireRefused(String code, Reply reply) {
    assertEquals("503 " + code, reply.status() + " " + reply.code());
    assertEquals("", reply.header("retry-after"), "only the operator can end this");
  }

  /** Everything that has to work whatever the encryption key is. */
  private static void requireKeylessLife(Setup setup) {
    User user = setup.newUser();
    assertEquals(404, user.api().get().status());
    assertEquals(201, put(user, "one").status());
    assertEquals(200, user.api().get().status());
    assertEquals(200, put(user, "two", null).status());
    assertEquals(Optional.empty(), user.key());
    assertEquals(204, user.api().delete().status());
    assertEquals("none", user.row());
  }

  /** A key is refused with this code, and nothing is changed by it. */
  private static void requireKeyRefused(Setup setup, String code) {
    User newcomer = setup.newUser();
    requireRefused(code, put(newcomer, "m", "sk-new"));
    assertEquals("none", newcomer.row());
    assertFalse(newcomer.exists());

    User user = setup.newUser();
    put(user, "before");
    String row = user.row();
    requireRefused(code, put(user, "after", "sk-new"));
    assertEquals(row, user.row());
    assertEquals("before", user.api().get().text("model"));
  }

  @Nested
  final class Missing {
    @Test
    void isOverWhenTheFileAppearsAndDoesNotMatterLaterToASealedKeyThatIsKeptOrRemoved(
        @TempDir Path folder) throws IOException {
      Path file = folder.resolve("key");
      try (Setup setup = Setup.start(Map.of("carol.encryption.key.file", file.toString()))) {
        User user = setup.newUser();
        requireRefused("encryption_key_missing", put(user, "one", "sk-one"));
        Files.writeString(file, "\r\n " + Secrets.encryptionKey() + "\t\r\n");
        TestService.await("the key is there", () -> put(user, "one", "sk-one").status() == 201);
        Files.delete(file);
        TestService.await(
            "the key is gone", () -> put(setup.newUser(), "m", "sk-one").status() == 503);
        assertEquals("true", user.api().get().text("keyConfigured"));
        Reply kept = put(user, "two");
        assertEquals("200 true", kept.status() + " " + kept.text("keyConfigured"));
        assertFails(Reason.KEY_MISSING, user::key);
        assertEquals("false", put(user, "three", null).text("keyConfigured"));
        assertEquals(Optional.empty(), user.key());
        assertEquals(204, user.api().delete().status());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"'', missing", NOT_A_KEY + ", malformed"})
  void withoutAKeyEverythingWorksButKeysWhichAreRefusedAfterTheBodyWasRead(
      String encryptionKey, String state) {
    try (Setup setup = Setup.start(Map.of("carol.encryption.key", encryptionKey))) {
      requireKeylessLife(setup);
      requireKeyRefused(setup, "encryption_key_" + state);
      User user = setup.newUser();
      assertEquals(422, put(user, "m", "****").status());
      assertEquals(422, put(user, "", "sk-new").status());
      Reply refused = put(user, "m", "sk-new");
      assertFalse(refused.body().contains(NOT_A_KEY), refused.body());
      assertFalse(refused.body().contains("sk-new"), refused.body());
    }
  }

  @Nested
  final class Malformed {
    @Test
    void takesNothingElseAwayAsAPreviousKey() {
      try (Setup setup = Setup.start("carol.encryption.keys.previous", NOT_A_KEY + ",")) {
        User user = setup.newUser();
        assertEquals(201, put(user, "m", "sk-one").status());
        assertEquals(Optional.of("sk-one"), user.key());
        String ready = setup.service().observe("/observe/health/ready").body();
        assertTrue(ready.contains("entry 1 of CAROL_ENCRYPTION_KEYS_PREVIOUS is not"), ready);
        assertFalse(ready.contains(NOT_A_KEY), ready);
        String metrics = setup.service().observe("/observe/metrics").body();
        assertTrue(metrics.contains("\nencryption_key_problems 1.0\n"), metrics);
      }
    }
  }

  @Nested
  final class Replaced {
    @Test
    void withoutTheOldOneStoresNothing(@TempDir Path folder) throws IOException {
      String old = Secrets.encryptionKey();
      Path file = Files.writeString(folder.resolve("key"), old);
      try (Setup setup = Setup.start(Map.of("carol.encryption.key.file", file.toString()))) {
        User user = setup.newUser();
        assertEquals(201, put(user, "one", "sk-one").status());
        Files.writeString(file, Secrets.encryptionKey());
        TestService.await(
            "another key is in use", () -> put(user, "one", "sk-one").status() == 503);
        String sealed = user.column("api_key_ciphertext");

        requireKeyRefused(setup, "encryption_key_foreign");
        assertEquals("true", user.api().get().text("keyConfigured"));
        assertEquals(200, put(user, "two").status());
        User keyless = setup.newUser();
        assertEquals(201, put(keyless, "one", null).status());
        TestService.await("the agent has the other key", () -> !opens(user));
        CryptoException unknown = assertFails(Reason.KEY_UNKNOWN, user::key);
        String message = String.valueOf(unknown.getMessage());
        assertTrue(message.contains(sealed.substring(3, 11)), message);
        assertEquals(sealed, user.column("api_key_ciphertext"));

        Files.writeString(file, old);
        TestService.await(
            "the old key seals", () -> put(user, "three", "sk-three").status() == 200);
        TestService.await("the agent has the old key", () -> opens(user));
        assertEquals(Optional.of("sk-three"), user.key());
      }
    }

    private static boolean opens(User user) {
      try {
        return user.key().isPresent();
      } catch (CryptoException e) {
        assertEquals(Reason.KEY_UNKNOWN, e.reason());
        return false;
      }
    }
  }
}
