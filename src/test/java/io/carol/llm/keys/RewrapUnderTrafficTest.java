package io.carol.llm.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.keys.Rewrap.Progress;
import io.carol.llm.keys.Rewrap.Resealed;
import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.ModelName;
import io.carol.llm.settings.Preconditions;
import io.carol.llm.settings.Provider;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.TestService;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A rewrap while services and other rewraps work on the same rows. */
final class RewrapUnderTrafficTest extends RewrapTestBase {
  private static final String ANYTHING = "v1.00000000." + "A".repeat(40);

  @Test
  void severalSealEachRowOnce() throws Exception {
    store(6_000);
    database.sql(
        """
        CREATE TABLE written (user_id text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN INSERT INTO written VALUES (NEW.user_id); RETURN NEW; END';
        CREATE TRIGGER note AFTER UPDATE ON user_llm_credentials
          FOR EACH ROW EXECUTE FUNCTION note()
        """);
    List<Progress> ends = atOnce(List.of(this::rewrap, this::rewrap));
    assertEquals(6_000, ends.stream().mapToLong(Progress::resealed).sum());
    assertEquals(
        "6000 6000",
        database.sqlValue("SELECT count(*) || ' ' || count(DISTINCT user_id) FROM written"));
    assertEquals(6_000, under(Rotation.NEW_KID));
  }

  /** What a PUT, a DELETE, or whatever else holds of a row until it commits. */
  private Progress besideATransaction(String sql) throws Exception {
    store(1_200);
    try (ExecutorService executor = Executors.newSingleThreadExecutor();
        Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(sql);
      Future<Progress> run = executor.submit(() -> rewrap());
      TestService.await("all other rows are sealed anew", () -> under(Rotation.NEW_KID) == 1_199);
      assertFalse(run.isDone(), "it must come back for the row that was locked");
      connection.commit();
      return run.get();
    }
  }

  /** The SQL that stores {@code sk-later} as a user's API key, sealed with this encryption key. */
  private static String save(String encryptionKey, String user) {
    return "UPDATE user_llm_credentials SET api_key_ciphertext = '"
        + Rotation.seal(encryptionKey, user, "sk-later")
        + "' WHERE user_id = '"
        + user
        + "'";
  }

  @Test
  void aKeyThatIsSavedMeanwhileWins() throws Exception {
    Progress end = besideATransaction(save(Rotation.NEW, "user-600"));
    assertEquals(new Progress(1_200, 1_199, 0), end);
    assertEquals("sk-later", opened("user-600"));
  }

  @Test
  void aKeyThatAReplicaStillSavesUnderTheOldKeyWinsAndIsSealedAnew() throws Exception {
    Progress end = besideATransaction(save(Rotation.OLD, "user-600"));
    assertEquals(new Progress(1_200, 1_200, 0), end);
    assertEquals("sk-later", opened("user-600"));
    assertEquals(0, under(Rotation.OLD_KID));
  }

  @Test
  void settingsThatAreRemovedMeanwhileStayRemoved() throws Exception {
    Progress end =
        besideATransaction("DELETE FROM user_llm_credentials WHERE user_id = 'user-600'");
    assertEquals(new Progress(1_200, 1_199, 0), end);
    assertEquals(Optional.empty(), credentials.find("user-600"));
  }

  @Test
  void aSaveThatKeepsTheKeyLosesNothing() throws Exception {
    store(200);
    LlmSettings later =
        new LlmSettings(
            Provider.OPENAI_COMPATIBLE,
            new ModelName("later"),
            TestPolicy.ALL_HOSTS.parse("https://llm.example/v2"));
    Callable<Void> saving =
        () -> {
          for (int i = 1; i <= 200; i++) {
            credentials.save("user-" + i, later, new KeyChange.Keep(), Preconditions.NONE);
          }
          return null;
        };
    Callable<Void> rewrapping =
        () -> {
          rewrap();
          return null;
        };
    atOnce(List.of(saving, rewrapping));
    for (int i = 1; i <= 200; i++) {
      assertEquals("sk-" + i, opened("user-" + i));
      assertEquals("later", credentials.find("user-" + i).orElseThrow().model());
    }
    assertEquals(0, under(Rotation.OLD_KID));
  }

  @Test
  void whatWasReadIsNotWrittenOverWhatCameLater() throws Exception {
    store(2);
    String stale = sealed("user-1");
    database.sql(save(Rotation.NEW, "user-1"));
    String later = sealed("user-1");
    try (Run run = run(Rotation.KEYS, false, Duration.ZERO)) {
      long written =
          run.database.transact(db ->
              Rewrap.put(
                  db,
                  List.of(
                      new Resealed(place("user-1"), stale, ANYTHING),
                      new Resealed(place("user-2"), sealed("user-2"), ANYTHING),
                      new Resealed("(4711,1)", stale, ANYTHING))));
      assertEquals(1, written);
    }
    assertEquals(later, sealed("user-1"));
    assertEquals(ANYTHING, sealed("user-2"));
  }

  private String place(String userId) {
    return database.sqlValue(
        "SELECT ctid FROM user_llm_credentials WHERE user_id = '" + userId + "'");
  }

  @Test
  void rowsThatStayLockedAreAFailureInTheEndAndTheRestIsDone() throws Exception {
    store(10);
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SELECT FROM user_llm_credentials WHERE user_id = 'user-3' FOR UPDATE");
      RewrapFailedException failure =
          assertThrows(
              RewrapFailedException.class,
              () -> rewrap(Rotation.KEYS, false, Duration.ofMillis(200)));
      assertTrue(String.valueOf(failure.getMessage()).contains("locked (1)"), failure.toString());
      assertEquals(9, under(Rotation.NEW_KID));
    }
  }

  private static <T> List<T> atOnce(List<Callable<T>> works) throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(works.size())) {
      List<T> answers = new ArrayList<>();
      for (Future<T> future : executor.invokeAll(works)) {
        answers.add(future.get());
      }
      return answers;
    }
  }
}
