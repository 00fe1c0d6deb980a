package io.carol.llm.keys;

import static io.carol.llm.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.keys.Rewrap.Progress;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sealing all keys anew on a real database. */
final class RewrapTest extends RewrapTestBase {
  @Nested
  final class Alone {
    @Test
    void everyKeyIsUnderTheNewKeyAndOpensToWhatItWasAndTheOldOneIsRetired() throws Exception {
      store(2_345);
      String before = visible();
      assertEquals(new Progress(2_345, 2_345, 0), rewrap());
      assertEquals(2_345, under(Rotation.NEW_KID));
      assertEquals(Rotation.OLD_KID, retired());
      assertEquals(before, visible(), "nothing else of a row may change");
      for (int i = 1; i <= 2_345; i += 100) {
        assertEquals("sk-" + i, opened("user-" + i));
      }
    }

    @Test
    void whatIsUnderTheNewKeyAndWhatHasNoKeyIsNotTouched() throws Exception {
      database.store("ada", "sk-ada", Rotation.NEW, Rotation.OLD);
      database.sql(
          "INSERT INTO users (id) VALUES ('bob');"
              + "INSERT INTO user_llm_credentials (user_id, provider, model)"
              + " VALUES ('bob', 'anthropic', 'm')");
      String ada = row("ada");
      String bob = row("bob");
      assertEquals(new Progress(0, 0, 0), rewrap());
      assertEquals(ada, row("ada"));
      assertEquals(bob, row("bob"));
    }

    @Test
    void aDryRunOpensEverythingAndWritesNothing() throws Exception {
      store(1_500);
      database.sql(
          "UPDATE user_llm_credentials SET provider = 'anthropic', base_url = NULL,"
              + " base_url_origin = NULL WHERE user_id = 'user-7'");
      String before =
          database.sqlValue(
              "SELECT md5(string_agg(concat(xmin, c), '' ORDER BY user_id))"
                  + " FROM user_llm_credentials c");
      assertEquals(
          new Progress(1_500, 1_499, 1), rewrap(Rotation.KEYS, true, Duration.ofMinutes(1)));
      assertEquals(
          before,
          database.sqlValue(
              "SELECT md5(string_agg(concat(xmin, c), '' ORDER BY user_id))"
                  + " FROM user_llm_credentials c"));
      database.sql("DELETE FROM user_llm_credentials");
      rewrap(Rotation.KEYS, true, Duration.ofMinutes(1));
      assertEquals("", retired());
    }
  }

  @Nested
  final class RowsThatDoNotOpen {
    @Test
    void areReportedAndLeftWhileTheRestGoesOn() throws Exception {
      store(2_100);
      // Moved from another row, edited, and sealed with a key that does not exist.
      database.sql(
          "UPDATE user_llm_credentials SET api_key_ciphertext = (SELECT api_key_ciphertext FROM"
              + " user_llm_credentials WHERE user_id = 'user-1') WHERE user_id = 'user-2'");
      database.sql(
          "UPDATE user_llm_credentials SET base_url_origin = 'https://evil.example'"
              + " WHERE user_id = 'user-3'");
      database.sql(
          "UPDATE user_llm_credentials SET api_key_ciphertext ="
              + " overlay(api_key_ciphertext placing 'deadbeef' from 4) WHERE user_id = 'user-4'");
      List<String> before = List.of(sealed("user-2"), sealed("user-3"), sealed("user-4"));
      try (Run run = run(Rotation.KEYS, false, Duration.ofMinutes(1))) {
        assertEquals(new Progress(2_100, 2_097, 3), run.rewrap.run());
        assertEquals(
            Set.of("user-2 " + Rotation.OLD_KID, "user-3 " + Rotation.OLD_KID, "user-4 deadbeef"),
            run.unopened);
      }
      assertEquals(before, List.of(sealed("user-2"), sealed("user-3"), sealed("user-4")));
      assertEquals(2_097, under(Rotation.NEW_KID));
      assertEquals("", retired(), "the old key still has rows");
    }

    @Test
    void openOnceTheirKeyIsConfigured() throws Exception {
      store(3);
      Map<String, String> withoutOld = Map.of("carol.encryption.key", Rotation.NEW);
      assertEquals(new Progress(3, 0, 3), rewrap(withoutOld, false, Duration.ofMinutes(1)));
      assertEquals(3, under(Rotation.OLD_KID));
      assertEquals(new Progress(3, 3, 0), rewrap());
    }
  }

  private String retired() {
    return database.sqlValue(
        "SELECT concat(string_agg(kid, ' ' ORDER BY kid)) FROM llm_encryption_keys"
            + " WHERE retired_at IS NOT NULL");
  }

  @Nested
  final class Retires {
    @Test
    void anOldKeyThatHasNoRow() throws Exception {
      store(1);
      database.sql("DELETE FROM user_llm_credentials");
      rewrap();
      assertEquals(Rotation.OLD_KID, retired());
    }

    @Test
    void notTheKeyThatIsToSealNext() throws Exception {
      store(1);
      Map<String, String> firstStep =
          Map.of(
              "carol.encryption.key", Rotation.OLD, "carol.encryption.keys.previous", Rotation.NEW);
      assertEquals(new Progress(0, 0, 0), rewrap(firstStep, false, Duration.ofMinutes(1)));
      assertEquals("", retired());
    }

    @Test
    void theNewKeyWhenARolledBackRotationIsRewrapped() throws Exception {
      store(1);
      database.store("ada", "sk-ada", Rotation.NEW, Rotation.OLD);
      Map<String, String> back =
          Map.of(
              "carol.encryption.key", Rotation.OLD, "carol.encryption.keys.previous", Rotation.NEW);
      assertEquals(new Progress(1, 1, 0), rewrap(back, false, Duration.ofMinutes(1)));
      assertEquals(Rotation.NEW_KID, retired());
    }

    @Test
    void aKeyThatIsNotConfiguredAnyMore() throws Exception {
      store(1);
      String given = Secrets.encryptionKey();
      database.registry(given).accept();
      rewrap();
      assertTrue(retired().contains(EncryptionKey.parse("", given).kid()), retired());
    }

    /** The open transaction stands for a replica that is paused in the middle of a save. */
    @Test
    void noKeyThatASaveUnderWayUses() throws Exception {
      store(1);
      try (ExecutorService executor = Executors.newSingleThreadExecutor();
          Connection connection = database.dataSource().getConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute(
            "SELECT FROM llm_encryption_keys WHERE kid = '" + Rotation.OLD_KID + "' FOR SHARE");
        Future<Progress> run = executor.submit(() -> rewrap());
        TestService.await("rewrap waits for the key", () -> database.waitingForLocks() == 1);
        statement.execute(Rotation.insertion(Rotation.OLD, "late", "sk-late"));
        connection.commit();
        assertEquals(new Progress(1, 1, 0), run.get());
      }
      assertEquals("", retired());
      rewrap();
      assertEquals(Rotation.OLD_KID, retired());
      assertEquals("sk-late", opened("late"));
    }
  }

  @Nested
  final class WithoutWhatItNeeds {
    @Test
    void itDoesNotStartWithoutASealingKey() {
      assertFails(
          Reason.KEY_MISSING,
          () -> run(Map.of("carol.encryption.keys.previous", Rotation.OLD), false, Duration.ZERO));
      assertFails(
          Reason.KEY_MALFORMED,
          () -> run(Map.of("carol.encryption.key", "nonsense"), false, Duration.ZERO));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "DELETE FROM llm_encryption_keys",
          "UPDATE llm_encryption_keys SET retired_at = now()"
        })
    void itDoesNotSealWithAKeyThatNoReplicaHasOrThatIsRetired(String change) throws Exception {
      store(3);
      database.sql(change + " WHERE kid = '" + Rotation.NEW_KID + "'");
      RewrapFailedException refused =
          assertThrows(RewrapFailedException.class, RewrapTest.this::rewrap);
      assertTrue(
          String.valueOf(refused.getMessage()).contains(Rotation.NEW_KID + " may not seal here"));
      assertEquals(3, under(Rotation.OLD_KID));
    }

    @Test
    @Timeout(60)
    void itSaysAtOnceWhatToDoWhenTheTablesAreOfAnOlderVersion() {
      database.sql("DROP TABLE llm_encryption_keys");
      DatabaseUnavailableException refused =
          assertThrows(
              DatabaseUnavailableException.class,
              () -> rewrap(Rotation.KEYS, false, Duration.ofDays(1)));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("Run the command migrate"),
          refused::getMessage);
    }

    @Test
    void itGoesOnWithoutAKeyThatIsNone() throws Exception {
      store(3);
      String previous = "nonsense," + Rotation.OLD;
      Map<String, String> keys =
          Map.of("carol.encryption.key", Rotation.NEW, "carol.encryption.keys.previous", previous);
      assertEquals(new Progress(3, 3, 0), rewrap(keys, false, Duration.ofMinutes(1)));
    }

    @Test
    void itEndsWhenTheSealingKeyIsExchangedMeanwhile(@TempDir Path folder) throws Exception {
      store(5);
      Path file = folder.resolve("key");
      Secrets.write(file, Rotation.NEW);
      Map<String, String> keys =
          Map.of(
              "carol.encryption.key.file",
              file.toString(),
              "carol.encryption.keys.previous",
              Rotation.OLD);
      try (ExecutorService executor = Executors.newSingleThreadExecutor();
          Connection connection = database.dataSource().getConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("SELECT FROM user_llm_credentials WHERE user_id = 'user-3' FOR UPDATE");
        Future<Progress> run = executor.submit(() -> rewrap(keys, false, Duration.ofMinutes(1)));
        TestService.await("the others are sealed anew", () -> under(Rotation.NEW_KID) == 4);
        Secrets.replace(file, Rotation.OLD);
        ExecutionException failure = assertThrows(ExecutionException.class, run::get);
        assertTrue(failure.getCause() instanceof RewrapFailedException, failure::toString);
        assertTrue(failure.toString().contains(Rotation.NEW_KID), failure::toString);
      }
      assertEquals(1, under(Rotation.OLD_KID));
    }
  }
}
