package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmNotConfiguredException;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.MountedSecret;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A change of the encryption key as the overlay key-rotation describes it, from the packed jar,
 * under traffic, with processes killed on the way: no client may notice.
 */
@Tag("faults")
final class RotationIT {
  private static final int USERS = 12;

  /** Rows of users who send nothing, so that there is something to do. */
  private static final int IDLE = 30_000;

  private static final String SEALS = "encryption-key";
  private static final String OPENS = "encryption-key-other";
  private static final Postgres SERVER = TestService.postgres();

  private final String database = TestService.newDatabase();
  private final Traffic traffic = new Traffic();

  @Test
  void noClientNoticesAndNothingIsLeftUnderTheOldKey(@TempDir Path folder) throws Exception {
    MountedSecret firstKeys = new MountedSecret(folder.resolve("first"));
    MountedSecret secondKeys = new MountedSecret(folder.resolve("second"));
    MountedSecret agentKeys = new MountedSecret(folder.resolve("agent"));
    for (MountedSecret keys : List.of(firstKeys, secondKeys, agentKeys)) {
      keys.set(Map.of(SEALS, Rotation.OLD));
    }
    Replica first = start("first", firstKeys);
    Rotation.store(SERVER.dataSource(database), IDLE);
    Replica second = start("second", secondKeys);
    traffic.agent = agent(keysIn(agentKeys));
    List<Thread> clients = traffic.start();
    traffic.awaitAnswers(300);

    // Step 1: every process can open what the new key seals. Nothing is restarted.
    step(firstKeys, first, Rotation.OLD, Rotation.NEW);
    step(secondKeys, second, Rotation.OLD, Rotation.NEW);
    agentKeys.set(Map.of(SEALS, Rotation.OLD, OPENS, Rotation.NEW));
    awaitOpening("probe");
    traffic.awaitAnswers(300);
    assertEquals(0, Rotation.under(database, Rotation.NEW_KID));

    // Step 2: the new key seals, first in one replica, later in the other. In between the operator
    // goes back.
    step(firstKeys, first, Rotation.NEW, Rotation.OLD);
    awaitSealing(Rotation.NEW_KID);
    step(firstKeys, first, Rotation.OLD, Rotation.NEW);
    traffic.awaitAnswers(300);
    step(firstKeys, first, Rotation.NEW, Rotation.OLD);
    step(secondKeys, second, Rotation.NEW, Rotation.OLD);
    traffic.awaitAnswers(300);

    // Step 3: the rest is sealed anew. One process of those that do is killed, and one replica.
    int before = Rotation.under(database, Rotation.OLD_KID);
    ServiceProcess killed = rewrap();
    awaitLessThan(before);
    killed.close();
    int left = Rotation.under(database, Rotation.OLD_KID);
    assertTrue(left > IDLE / 10, "it must have been killed in the middle");
    try (ServiceProcess one = rewrap();
        ServiceProcess other = rewrap()) {
      awaitLessThan(left);
      kill(second);
      assertEquals(0, one.exitCode(), one::err);
      assertEquals(0, other.exitCode(), other::err);
    }
    traffic.awaitAnswers(300);

    traffic.over = true;
    for (Thread client : clients) {
      assertTrue(client.join(Duration.ofMinutes(1)), "a client does not end");
    }
    traffic.agent.close();
    assertEquals(List.of(), List.copyOf(traffic.failures));
    assertEquals(0, Rotation.under(database, Rotation.OLD_KID));
    // The old key may go.
    try (LlmSettingsService agent = agent(Map.of("carol.encryption.key", Rotation.NEW))) {
      for (Client client : traffic.clients) {
        assertEquals(Optional.ofNullable(client.key), key(agent, client.user), client.user);
      }
      for (int i = 1; i <= IDLE; i++) {
        assertEquals(Optional.of("sk-" + i), key(agent, "user-" + i));
      }
    }
  }

  @AfterEach
  void stop() {
    traffic.over = true;
    traffic.replicas.forEach(replica -> replica.process.close());
  }

  /** A service, and by what name the database knows its connections. */
  private record Replica(String name, ServiceProcess process) {}

  private Replica start(String name, MountedSecret keys) throws InterruptedException {
    Map<String, String> values = new HashMap<>(keysIn(keys));
    values.put("carol.database.url", SERVER.url(database) + "?ApplicationName=" + name);
    Map<String, String> configuration = TestService.configuration(database, values);
    Replica replica = new Replica(name, ServiceProcess.start(configuration));
    replica.process.awaitReady();
    traffic.replicas.add(replica);
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
  private static void step(MountedSecret keys, Replica replica, String sealing, String opening)
      throws IOException {
    String line = EncryptionKey.parse("test", sealing).kid() + " seals, ";
    int times = times(replica, line);
    keys.set(Map.of(SEALS, sealing, OPENS, opening));
    TestService.await("the log has " + line, () -> times(replica, line) > times);
  }

  private static int times(Replica replica, String line) {
    return replica.process.err().split(line, -1).length;
  }

  /** Until the agent opens what the new key has sealed for this user. */
  private void awaitOpening(String user) {
    SERVER.sql(database, Rotation.insertion(Rotation.NEW, user, "sk-probe"));
    TestService.await(
        "the agent has read its keys",
        () -> {
          try {
            return key(traffic.agent, user).isPresent();
          } catch (CryptoException e) {
            return false;
          }
        });
    SERVER.sql(database, "DELETE FROM users WHERE id = '" + user + "'");
  }

  private void awaitSealing(String kid) {
    TestService.await("something is under " + kid, () -> Rotation.under(database, kid) > 0);
  }

  private void kill(Replica replica) {
    traffic.doomed = replica;
    replica.process.close();
    traffic.replicas.remove(replica);
  }

  private ServiceProcess rewrap() {
    return ServiceProcess.start(TestService.configuration(database, Rotation.KEYS), "rewrap");
  }

  private void awaitLessThan(int rows) {
    // Clients that save move a few rows as well.
    TestService.await(
        "rewrap has sealed some anew",
        () -> Rotation.under(database, Rotation.OLD_KID) < rows - 5 * USERS);
  }

  private LlmSettingsService agent(Map<String, String> keys) {
    return TestService.agent(TestService.config(database, keys));
  }

  /** What the agent loop gets. */
  private static Optional<String> key(LlmSettingsService agent, String user) {
    try {
      return agent.getDecryptedLlmKey(user).map(ApiKey::reveal);
    } catch (LlmNotConfiguredException e) {
      return Optional.empty();
    }
  }

  /** A client that does one thing after the other, and knows what must be stored then. */
  private final class Client {
    final String user;
    @Nullable String key;
    boolean configured;

    Client(String user) {
      this.user = user;
    }

    void live() {
      Random random = new Random(user.hashCode());
      String token = TestService.identity().token(user);
      for (int turn = 0; !traffic.over; turn++) {
        try {
          switch (random.nextInt(8)) {
            case 0 -> {
              expect(204, "DELETE", null, token);
              configured = false;
              key = null;
            }
            case 1, 2 -> {
              String next = "sk-" + user + "-" + turn;
              expect(configured ? 200 : 201, "PUT", body(turn, "\"" + next + "\""), token);
              configured = true;
              key = next;
            }
            case 3 -> {
              expect(configured ? 200 : 201, "PUT", body(turn, null), token);
              configured = true;
            }
            case 4 -> expect(configured ? 200 : 404, "GET", null, token);
            default -> {
              Optional<String> found = RotationIT.key(traffic.agent, user);
              if (!found.equals(Optional.ofNullable(key))) {
                traffic.failures.add(user + " has " + found + " and not " + key);
              }
            }
          }
          traffic.answers.incrementAndGet();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        } catch (RuntimeException e) {
          traffic.failures.add(user + ": " + e);
        }
      }
    }

    private static String body(int turn, @Nullable String key) {
      return "{\"provider\":\"anthropic\",\"model\":\"m-"
          + turn
          + "\""
          + (key == null ? "" : ",\"apiKey\":" + key)
          + "}";
    }

    /** Of a replica that was killed there is no answer: then another one is asked. */
    private void expect(int status, String method, @Nullable String body, String token)
        throws InterruptedException {
      boolean again = false;
      while (true) {
        List<Replica> targets = List.copyOf(traffic.replicas);
        Replica replica = targets.get((int) (Math.random() * targets.size()));
        try {
          HttpResponse<String> response = replica.process.send(method, token, body);
          boolean expected =
              response.statusCode() == status || (again && response.statusCode() / 100 == 2);
          if (!expected) {
            traffic.failures.add(
                method + " was answered " + response.statusCode() + response.body());
          }
          return;
        } catch (IOException e) {
          if (!replica.equals(traffic.doomed)) {
            traffic.failures.add(method + " got no answer: " + e);
            return;
          }
          awaitGone(replica);
          again = true;
        }
      }
    }

    /** What it had asked of the database may still be going on there. */
    private void awaitGone(Replica replica) {
      TestService.await(
          "the database has finished with " + replica.name,
          () ->
              SERVER
                  .sqlValue(
                      "postgres",
                      "SELECT count(*) FROM pg_stat_activity WHERE application_name = '"
                          + replica.name
                          + "'")
                  .equals("0"));
    }
  }

  /** Clients at work on the replicas that are there. */
  private final class Traffic {
    final List<Replica> replicas = new CopyOnWriteArrayList<>();
    final List<Client> clients = new ArrayList<>();
    final Queue<String> failures = new ConcurrentLinkedQueue<>();
    final AtomicInteger answers = new AtomicInteger();
    volatile @Nullable Replica doomed;

    @SuppressWarnings("NullAway.Init")
    volatile LlmSettingsService agent;

    volatile boolean over;

    List<Thread> start() {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < USERS; i++) {
        Client client = new Client("client-" + i);
        clients.add(client);
        threads.add(Thread.ofVirtual().start(client::live));
      }
      return threads;
    }

    void awaitAnswers(int more) {
      int enough = answers.get() + more;
      TestService.await(more + " more are answered", () -> answers.get() >= enough);
    }
  }
}
