package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TcpProxy;
import io.carol.llm.testing.TestService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The exit codes of {@code rewrap}, and what is left when its process is ended in the middle. */
@Tag("faults")
final class RewrapIT {
  private static final int MANY = 40_000;
  private static final Pattern SEALED_ANEW = Pattern.compile("API keys sealed anew: ([0-9]+)\\.");
  private static final Postgres SERVER = TestService.postgres();

  private final String database = TestService.migratedDatabase();

  /** Nothing but what it needs: the database and the keys. */
  private Map<String, String> configuration() {
    Map<String, String> configuration = new HashMap<>(Rotation.KEYS);
    configuration.put("carol.database.url", SERVER.url(database));
    configuration.put("carol.database.user", "postgres");
    return configuration;
  }

  private void store(int rows) throws Exception {
    Rotation.store(SERVER.dataSource(database), rows);
  }

  private void assertEveryKeyOpens(int rows) {
    try (LlmSettingsService credentials = TestService.agent(Configuration.load(configuration()))) {
      for (int i = 1; i <= rows; i += 7) {
        assertEquals("sk-" + i, credentials.getDecryptedLlmKey("user-" + i).orElseThrow().reveal());
      }
    }
  }

  /** Its warnings and errors. */
  private static List<String> complaints(ServiceProcess jar) {
    return jar.err()
        .lines()
        .filter(line -> line.contains("WARN") || line.contains("ERROR"))
        .toList();
  }

  private static int sealedAnew(ServiceProcess jar) {
    Matcher said = SEALED_ANEW.matcher(jar.out());
    assertTrue(said.find(), jar::out);
    return Integer.parseInt(said.group(1));
  }

  @Nested
  final class ExitCodes {
    @Test
    void is0WhenEverythingIsUnderTheSealingKey() throws Exception {
      store(3);
      try (ServiceProcess jar = ServiceProcess.start(configuration(), "rewrap", "--dry-run")) {
        assertEquals(0, jar.exitCode(), jar::err);
      }
      try (ServiceProcess jar = ServiceProcess.start(configuration(), "rewrap")) {
        assertEquals(0, jar.exitCode(), jar::err);
        assertEquals(3, sealedAnew(jar));
        assertTrue(jar.err().contains(Rotation.OLD_KID + " is retired"), jar::err);
        assertEquals(List.of(), complaints(jar));
      }
      assertEquals(3, Rotation.under(database, Rotation.NEW_KID));
    }

    @ParameterizedTest
    @CsvSource({"'rewrap --dry-run', that would be sealed anew: 2.", "rewrap, sealed anew: 2."})
    void is2WhenSomeKeysDoNotOpen(String command, String said) throws Exception {
      store(3);
      SERVER.sql(
          database,
          "UPDATE user_llm_credentials SET base_url_origin = 'https://evil.example'"
              + " WHERE user_id = 'user-2'");
      Map<String, String> configuration = configuration();
      configuration.put("carol.log.format", "json");
      try (ServiceProcess jar = ServiceProcess.start(configuration, command.split(" "))) {
        assertEquals(2, jar.exitCode(), jar::err);
        assertTrue(jar.out().contains("API keys " + said), jar::out);
        assertTrue(jar.out().contains("that do not open and stay as they are: 1."), jar::out);
        assertEquals(1, complaints(jar).size(), jar::err);
        assertTrue(complaints(jar).getFirst().startsWith("{"), jar::err);
        assertTrue(complaints(jar).getFirst().contains(Rotation.OLD_KID), jar::err);
        assertFalse(jar.err().contains("user-2"), jar::err);
      }
      int left = command.endsWith("--dry-run") ? 3 : 1;
      assertEquals(left, Rotation.under(database, Rotation.OLD_KID));
    }

    /** Without any key: RewrapTest. */
    @Test
    void is78WhenTheKeyIsNone() throws Exception {
      store(3);
      Map<String, String> configuration = configuration();
      configuration.put("carol.encryption.key", "secret-but-no-key");
      try (ServiceProcess jar = ServiceProcess.start(configuration, "rewrap")) {
        assertEquals(78, jar.exitCode(), jar::err);
        assertTrue(complaints(jar).getLast().contains("CAROL_ENCRYPTION_KEY"), jar::err);
        assertFalse(jar.err().contains("secret-but-no-key"), jar::err);
      }
      assertEquals(3, Rotation.under(database, Rotation.OLD_KID));
    }

    @Test
    void is1WhenNoReplicaCouldOpenWhatItSeals() throws Exception {
      store(3);
      SERVER.sql(
          database, "DELETE FROM llm_encryption_keys WHERE kid = '" + Rotation.NEW_KID + "'");
      try (ServiceProcess jar = ServiceProcess.start(configuration(), "rewrap")) {
        assertEquals(1, jar.exitCode(), jar::err);
        assertEquals(1, complaints(jar).size(), jar::err);
        assertTrue(complaints(jar).getFirst().contains(Rotation.NEW_KID), jar::err);
      }
      assertEquals(3, Rotation.under(database, Rotation.OLD_KID));
    }

    /** At the start it waits for the database as long as later on. */
    @Test
    void is0WhenTheDatabaseComesBackAfterTheStart() throws Exception {
      store(3);
      try (TcpProxy network = new TcpProxy(SERVER.port())) {
        network.swallowEverything();
        Map<String, String> configuration = configuration();
        configuration.put(
            "carol.database.url", "jdbc:postgresql://localhost:" + network.port() + "/" + database);
        try (ServiceProcess jar = ServiceProcess.start(configuration, "rewrap")) {
          TestService.await(
              "the database is found to be away",
              () -> jar.err().contains("The database cannot be used"));
          network.letNewConnectionsThrough();
          assertEquals(0, jar.exitCode(), jar::err);
          assertEquals(3, sealedAnew(jar));
        }
      }
    }
  }

  @Nested
  final class EndedInTheMiddle {
    private ServiceProcess startAndAwaitTheMiddle() throws Exception {
      store(MANY);
      ServiceProcess jar = ServiceProcess.start(configuration(), "rewrap");
      TestService.await(
          "some are sealed anew", () -> Rotation.under(database, Rotation.NEW_KID) > 0);
      return jar;
    }

    private void assertNothingIsLostAndTheRestCanBeDone() {
      int left = Rotation.under(database, Rotation.OLD_KID);
      assertTrue(left > 0, "it must not be through already");
      assertEquals(MANY, left + Rotation.under(database, Rotation.NEW_KID));
      assertEveryKeyOpens(MANY);
      try (ServiceProcess again = ServiceProcess.start(configuration(), "rewrap")) {
        assertEquals(0, again.exitCode(), again::err);
        assertEquals(left, sealedAnew(again), "what was done is not done again");
      }
      assertEquals(MANY, Rotation.under(database, Rotation.NEW_KID));
      assertEveryKeyOpens(MANY);
    }

    private void awaitRollback() {
      TestService.await(
          "its transactions are rolled back", () -> SERVER.connections(database) == 0);
    }

    @Test
    void byKill9ItLosesNothingAndGoesOnWhereItWas() throws Exception {
      startAndAwaitTheMiddle().close();
      awaitRollback();
      assertNothingIsLostAndTheRestCanBeDone();
    }

    @Test
    void bySigtermItLosesNothingAndGoesOnWhereItWas() throws Exception {
      try (ServiceProcess jar = startAndAwaitTheMiddle()) {
        jar.terminate();
        assertEquals(143, jar.exitCode(), jar::err);
      }
      awaitRollback();
      assertNothingIsLostAndTheRestCanBeDone();
    }
  }
}
