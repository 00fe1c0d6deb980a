package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.database.Migrations;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows of many users that ask at the same moment. */
@Timeout(60)
final class UserRowsTest {
  private static final Postgres SERVER = TestService.postgres();

  private static LlmSettingsService open(String database) {
    return TestService.agent(
        TestService.config(database, Map.of("carol.encryption.key", Secrets.encryptionKey())));
  }

  private static void save(LlmSettingsService settings, String userId) {
    TestService.save(settings, userId, "model of " + userId.hashCode(), "sk-" + userId.hashCode());
  }

  /** Every client asks for each of three things, all at once and again and again. */
  private static void assertEachGetsItsOwn(
      LlmSettingsService settings, List<String> known, List<String> unknown) throws Exception {
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 20; round++) {
        List<Future<?>> runs = new ArrayList<>();
        for (String id : known) {
          runs.add(
              callers.submit(() -> {
                String model = "model of " + id.hashCode();
                assertEquals(model, settings.find(id).orElseThrow().model());
                DecryptedLlmSettings llm = settings.getDecryptedLlmSettings(id);
                assertEquals(model, llm.model());
                assertEquals(Optional.of(ApiKey.of("sk-" + id.hashCode())), llm.apiKey());
                assertEquals(LlmStatus.Key.STORED, settings.status(id).orElseThrow().key());
                return null;
              }));
        }
        for (String id : unknown) {
          runs.add(
              callers.submit(() -> {
                assertEquals(Optional.empty(), settings.find(id));
                assertEquals(Optional.empty(), settings.status(id));
                return null;
              }));
        }
        // More callers than in one round would wait too long on a slow machine.
        for (Future<?> run : runs) {
          run.get(50, TimeUnit.SECONDS);
        }
      }
    }
  }

  @Test
  void idsOfAnyCharactersGetTheirOwnRows() throws Exception {
    List<String> ids =
        Stream.of(
                Stream.of(
                    ("a,b {a} \"a\" a\" \\ \\\" NULL null {} a'b $1 ? :id ' % _ ${user} ../a A"
                            + " \u00e9 e\u0301 \ud83d\ude00 \u202ea \ufeffa")
                        .split(" ", -1)),
                Stream.of(" ", " a", "a ", "' OR '1'='1", "\ud83d\ude80".repeat(255)),
                IntStream.range(0, 80).mapToObj(i -> "user " + i))
            .flatMap(some -> some)
            .toList();
    try (LlmSettingsService settings = open(TestService.migratedDatabase())) {
      ids.forEach(id -> save(settings, id));
      assertEachGetsItsOwn(settings, ids, List.of("a", "b", "a,c", "{", "", "\\\\"));
    }
  }

  @Test
  void anIdOfAnotherTypeSpoilsNothingForTheUsersReadWithIt() throws Exception {
    String database = TestService.newDatabase();
    SERVER.sql(database, "CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid())");
    Migrations.migrate(TestService.databaseConfig(database, Map.of()));
    try (LlmSettingsService settings = open(database)) {
      List<String> ids =
          IntStream.range(0, 60).mapToObj(i -> UUID.randomUUID().toString()).toList();
      ids.forEach(id -> save(settings, id));
      assertEachGetsItsOwn(
          settings,
          ids,
          List.of(
              "no uuid",
              UUID.randomUUID().toString(),
              ids.getFirst().toUpperCase(Locale.ROOT).replace('-', ' ')));
    }
  }
}
