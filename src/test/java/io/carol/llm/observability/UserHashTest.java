package io.carol.llm.observability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stands for a user in the log. */
final class UserHashTest {
  private static final String FIRST_KEY = "01".repeat(32);
  private static final String SECOND_KEY = "02".repeat(32);

  private static UserHash withKey(String encryptionKey) {
    return new UserHash(
        new KeyRingProvider(
            Config.just(ConfigSources.create(Map.of("carol.encryption.key", encryptionKey)))));
  }

  /** Made with Python's hmac and the steps of RFC 5869. */
  @ParameterizedTest
  @CsvSource({"anna@example.com, 3617eed7fb56bf7f", "zo\u00eb, 8e3b4f6e45a4f8d3"})
  void isAnHmacUnderAKeyDerivedFromTheSealingKey(String userId, String hash) {
    assertEquals(
        hash,
        withKey("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").of(userId));
  }

  @Test
  void isTheSameForAUserAndAnotherForAnotherUser() {
    UserHash users = withKey(Secrets.encryptionKey());
    assertEquals(users.of("anna"), users.of("anna"));
    assertNotEquals(users.of("anna"), users.of("bob"));
  }

  @ParameterizedTest
  @CsvSource({"''", "not a key"})
  void holdsForTheProcessWhereThereIsNoEncryptionKey(String encryptionKey) {
    String hash = withKey(encryptionKey).of("anna");
    assertEquals(hash, withKey("").of("anna"));
    assertTrue(hash.matches("[0-9a-f]{16}"), hash);
  }

  @Test
  void changesWithTheEncryptionKeyAndComesBackWithIt(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("key");
    UserHash users =
        new UserHash(
            new KeyRingProvider(
                Config.just(
                    ConfigSources.create(Map.of("carol.encryption.key.file", file.toString())))));
    for (String key : List.of(FIRST_KEY, SECOND_KEY, FIRST_KEY)) {
      Files.writeString(file, key);
      String hash = withKey(key).of("anna");
      TestService.await("the new key is read", () -> users.of("anna").equals(hash));
    }
  }
}
