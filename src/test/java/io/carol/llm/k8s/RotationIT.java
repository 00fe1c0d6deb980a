package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Ledger;
import io.carol.llm.testing.MountedSecret;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A change of the encryption key as the overlay key-rotation describes it, from the packed jar,
 * while clients save and an agent reads, with processes killed on the way: no client may notice.
 */
@Tag("faults")
final class RotationIT {
  private static final int CLIENTS = 12;

  /** Rows of users who send nothing, so that there is something to do. */
  private static final int IDLE = 30_000;

  private static final String SEALS = "encryption-key";
  private static final String OPENS = "encryption-key-other";
  private static final Postgres SERVER = TestService.postgres();

  private final String database = TestService.migratedDatabase();
  private final List<ServiceProcess> replicas = new ArrayList<>();
  private final List<Integer> ports = new CopyOnWriteArrayList<>();
  private volatile boolean over;

  @Test
  void noClientNoticesAndNothingIsLeftUnderTheOldKey(@TempDir Path folder) throws Exception {
    MountedSecret firstKeys = new MountedSecret(folder.resolve("first"));
    MountedSecret secondKeys = new MountedSecret(folder.resolve("second"));
    MountedSecret agentKeys = new MountedSecret(folder.resolve("agent"));
    for (MountedSecret keys : List.of(firstKeys, secondKeys, agentKeys)) {
      keys.set(Map.of(SEALS, Rotation.OLD));
    }
    ServiceProcess first = start(firstKeys);
    Rotation.store(SERVER.dataSource(database), IDLE);
    ServiceProcess second = start(secondKeys);
    try (LlmSettingsService agent = agent(keysIn(agentKeys));
        Ledger ledger = new Ledger("client", CLIENTS, ports);
        ExecutorService reader = Executors.newSingleThreadExecutor()) {
      Future<?> reading = reader.submit(() -> readAgainAndAgain(agent));
      try {
        ledger.awaitSaves();

        // Step 1: every process can open what the new key seals. Nothing is restarted.
        step(firstKeys, first, Rotation.OLD, Rotation.NEW);
        step(secondKeys, second, Rotation.OLD, Rotation.NEW);
        agentKeys.set(Map.of(SEALS, Rotation.OLD, OPENS, Rotation.NEW));
        awaitOpening(agent, "probe");
        ledger.awaitSaves();
        assertEquals(0, Rotation.under(database, Rotation.NEW_KID));

        // Step 2: the new key seals, first in one replica, later in the other. In between the
        // operator goes back.
        step(firstKeys, first, Rotation.NEW, Rotation.OLD);
        TestService.await("the new key seals", () -> under(Rotation.NEW_KID) > 0);
        step(firstKeys, first, Rotation.OLD, Rotation.NEW);
        ledger.awaitSaves();
        step(firstKeys, first, Rotation.NEW, Rotation.OLD);
        step(secondKeys, second, Rotation.NEW, Rotation.OLD);
        ledger.awaitSaves();

        // Step 3: the rest is sealed anew. One process of those that do is killed, and one replica.
        int before = under(Rotation.OLD_KID);
        ServiceProcess killed = rewrap();
        awaitLessThan(before);
        killed.close();
        int left = under(Rotation.OLD_KID);
        assertTrue(left > IDLE / 10, "it must have been killed in the middle");
        try (ServiceProcess one = rewrap();
            ServiceProcess other = rewrap()) {
          awaitLessThan(left);
          second.close();
          ports.removeIf(port -> port == second.port());
          assertEquals(0, one.exitCode(), one::err);
          assertEquals(0, other.exitCode(), other::err);
        }
        ledger.awaitSaves();
        if (reading.isDone()) {
          // It ends early only when a read fails, and this throws why.
          reading.get();
        }
      } finally {
        over = true;
      }
      reading.get();
      assertEquals(0, under(Rotation.OLD_KID));
      // The old key may go.
      Map<String, String> newKey = Map.of("carol.encryption.key", Rotation.NEW);
      ledger.assertNothingIsLost(TestService.configuration(database, newKey));
      ledger.assertNoneIsRefused();
      ledger.assertUnansweredAtMost(1);
      try (LlmSettingsService later = agent(newKey)) {
        for (int i = 1; i <= IDLE; i++) {
          assertEquals("sk-" + i, key(later, "user-" + i));
        }
      }
    }
  }

  @AfterEach
  void stop() {
    replicas.forEach(ServiceProcess::close);
  }

  private ServiceProcess start(MountedSecret keys) throws InterruptedException {
    ServiceProcess replica =
        ServiceProcess.start(TestService.configuration(database, keysIn(keys)));
    replicas.add(replica);
    replica.awaitReady();
    ports.add(replica.port());
    return replica;
  }

  private static Map<String, String> keysIn(MountedSecret keys) {
    return Map.of(
        "carol.encryption.key.file",
        keys.file(SEALS).toString(),
        "carol.encryption.keys.directory",
        keys.folder().toString());
  }

  /** Gives a replica other keys, and waits until it says that it has them. */
  private static void step(
      MountedSecret keys, ServiceProcess replica, String sealing, String opening)
      throws IOException {
    String line = EncryptionKey.parse("test", sealing).kid() + " seals, ";
    int times = times(replica, line);
    keys.set(Map.of(SEALS, sealing, OPENS, opening));
    TestService.await("the log has " + line, () -> times(replica, line) > times);
  }

  private static int times(ServiceProcess replica, String line) {
    return replica.err().split(line, -1).length;
  }

  /** Until the agent opens what the new key has sealed for this user. */
  private void awaitOpening(LlmSettingsService agent, String user) {
    SERVER.sql(database, Rotation.insertion(Rotation.NEW, user, "sk-probe"));
    TestService.await(
        "the agent has read its keys",
        () -> {
          try {
            return key(agent, user).equals("sk-probe");
          } catch (CryptoException e) {
            return false;
          }
        });
    SERVER.sql(database, "DELETE FROM users WHERE id = '" + user + "'");
  }

  private int under(String kid) {
    return Rotation.under(database, kid);
  }

  private ServiceProcess rewrap() {
    return ServiceProcess.start(TestService.configuration(database, Rotation.KEYS), "rewrap");
  }

  private void awaitLessThan(int rows) {
    // Clients that save move a few rows as well.
    TestService.await(
        "rewrap has sealed some anew", () -> under(Rotation.OLD_KID) < rows - 5 * CLIENTS);
  }

  private LlmSettingsService agent(Map<String, String> keys) {
    return TestService.agent(TestService.config(database, keys));
  }

  private void readAgainAndAgain(LlmSettingsService agent) {
    for (int i = 0; !over; i = (i + 7) % IDLE) {
      assertEquals("sk-" + (i + 1), key(agent, "user-" + (i + 1)));
    }
  }

  private static String key(LlmSettingsService agent, String user) {
    return agent.getDecryptedLlmKey(user).map(ApiKey::reveal).orElseThrow();
  }
}
