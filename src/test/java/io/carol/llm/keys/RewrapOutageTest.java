package io.carol.llm.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.Migrations;
import io.carol.llm.keys.Rewrap.Progress;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The power of the database fails while all keys are sealed anew. */
@Tag("faults")
final class RewrapOutageTest {
  private static final String DATABASE = "carol";
  private static final int ROWS = 30_000;

  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private Postgres server;
  private Config config;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    server = Postgres.start(folder);
    server.createDatabase(DATABASE);
    Map<String, String> values = new HashMap<>(Rotation.KEYS);
    values.put("carol.database.url", server.url(DATABASE));
    values.put("carol.database.user", "postgres");
    config = Configuration.load(values);
    Migrations.migrate(Configuration.database(config));
    Rotation.store(server.dataSource(DATABASE), ROWS);
  }

  @AfterEach
  void stop() {
    executor.close();
    server.close();
  }

  private Future<Progress> startAndAwaitTheMiddle(Duration maxWait) {
    Database database = Database.openForBatches(Configuration.database(config));
    Rewrap rewrap =
        new Rewrap(database, new KeyRingProvider(config), false, maxWait, (user, kid) -> {});
    Future<Progress> run =
        executor.submit(() -> {
          try (database) {
            return rewrap.run();
          }
        });
    TestService.await("some are sealed anew", () -> under(Rotation.NEW_KID) > 0);
    return run;
  }

  private int under(String kid) {
    return Rotation.under(server, DATABASE, kid);
  }

  private void assertEveryKeyOpens() {
    try (LlmSettingsService credentials =
        new LlmSettingsService(
            Database.open(Configuration.database(config)),
            new KeyRingProvider(config),
            TestPolicy.ALL_HOSTS,
            true,
            new SimpleMeterRegistry())) {
      for (int i = 1; i <= ROWS; i += 7) {
        assertEquals("sk-" + i, credentials.getDecryptedLlmKey("user-" + i).orElseThrow().reveal());
      }
    }
  }

  @Test
  void itGoesOnWhenTheDatabaseIsBack() throws Exception {
    try (LogCapture log = new LogCapture()) {
      Future<Progress> run = startAndAwaitTheMiddle(Duration.ofMinutes(1));
      server.kill();
      TestService.await(
          "it says so", () -> !log.eventsWith("The database cannot be used").isEmpty());
      server.startAgain();
      // The figure of a batch that was committed but not acknowledged is lost.
      assertTrue(run.get().resealed() <= ROWS);
    }
    assertEquals(ROWS, under(Rotation.NEW_KID));
    assertEveryKeyOpens();
  }

  @Test
  void itGivesUpWhenTheDatabaseStaysAwayAndWhatItDidIsWhole() throws Exception {
    Future<Progress> run = startAndAwaitTheMiddle(Duration.ofSeconds(1));
    server.kill();
    ExecutionException failure = assertThrows(ExecutionException.class, run::get);
    assertTrue(failure.getCause() instanceof DatabaseUnavailableException, failure::toString);
    server.startAgain();
    assertTrue(under(Rotation.NEW_KID) > 0);
    assertEquals(ROWS, under(Rotation.NEW_KID) + under(Rotation.OLD_KID));
    assertEveryKeyOpens();
  }
}
