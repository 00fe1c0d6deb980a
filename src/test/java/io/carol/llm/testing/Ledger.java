package io.carol.llm.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.DecryptedLlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Clients that save again and again while something breaks. Each knows what has to be stored
 * afterwards: what was acknowledged last, or something sent since then that got no answer or a 503.
 *
 * <p>A save is on the condition that nothing has changed since the last read, so that one which is
 * carried out late cannot overwrite the next. After a save in doubt a client reads, as the contract
 * advises, and goes on from what it gets.
 */
public final class Ledger implements AutoCloseable {
  private static final int PAUSE_MILLIS = 10;
  private static final Set<String> REFUSALS =
      Set.of("database_unavailable", "encryption_key_missing", "encryption_key_malformed");

  private final List<Integer> ports;
  private final String keyEnd;
  private final List<Client> clients;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<?>> lives;
  private volatile boolean over;

  /**
   * Clients that begin at once.
   *
   * @param name what the ids of their users begin with
   * @param count of clients
   * @param ports where replicas are, read anew whenever one gives no answer; each client begins
   *     with one of them
   */
  public Ledger(String name, int count, List<Integer> ports) {
    this(name, count, ports, "", Duration.ofHours(1));
  }

  /**
   * The same.
   *
   * @param keyEnd what every API key ends with, so that rows are as large as a test wants them
   * @param lifetime of every client's token
   */
  public Ledger(String name, int count, List<Integer> ports, String keyEnd, Duration lifetime) {
    this.ports = ports;
    this.keyEnd = keyEnd;
    this.clients =
        IntStream.range(0, count).mapToObj(i -> new Client(name + "-" + i, i, lifetime)).toList();
    this.lives = clients.stream().<Future<?>>map(threads::submit).toList();
  }

  /** Waits until every client has had something acknowledged that was sent after this call. */
  public void awaitSaves() throws Exception {
    List<Integer> sent = clients.stream().map(client -> client.sent.get()).toList();
    await("every client has saved something", i -> clients.get(i).acknowledged > sent.get(i));
  }

  /** Waits until every client has been answered 503, or not at all, after this call. */
  public void awaitRefusals() throws Exception {
    List<Integer> before = clients.stream().map(client -> client.refusals.get()).toList();
    await("every client was refused", i -> clients.get(i).refusals.get() > before.get(i));
  }

  private interface Condition {
    boolean holdsFor(int client);
  }

  /** Does not wait for those that have failed. */
  private void await(String what, Condition condition) throws Exception {
    TestService.await(
        what,
        () ->
            lives.stream().anyMatch(Future::isDone)
                || IntStream.range(0, clients.size()).allMatch(condition::holdsFor));
    throwFailures();
  }

  private void throwFailures() throws Exception {
    for (Future<?> life : lives) {
      if (life.isDone()) {
        life.get();
      }
    }
  }

  /**
   * Lets every client finish, and compares what it knows with what the agent loop gets: model and
   * key have to be of one and the same save.
   *
   * @param configuration of a service on the same database
   */
  public void assertNothingIsLost(Map<String, String> configuration) throws Exception {
    close();
    throwFailures();
    try (LlmSettingsService agent = TestService.agent(Configuration.load(configuration))) {
      for (Client client : clients) {
        DecryptedLlmSettings stored = agent.getDecryptedLlmSettings(client.user);
        int number = Integer.parseInt(stored.model());
        client.assertMayBeStored(number);
        assertEquals(client.key(number), stored.apiKey().map(ApiKey::reveal).orElse("none"));
      }
    }
  }

  /**
   * Fails when a client had no answer instead of a 503; for when nothing happened to the service
   * itself. Once every client has finished.
   */
  public void assertEveryRequestWasAnswered() {
    assertUnansweredAtMost(0);
  }

  /** Fails when a client had no answer to more requests than these. Once every client is done. */
  public void assertUnansweredAtMost(int requests) {
    for (Client client : clients) {
      assertTrue(
          client.unanswered <= requests,
          () -> client.user + " had no answer to " + client.unanswered + " requests");
    }
  }

  /** Fails when a client was answered 503. Once every client is done. */
  public void assertNoneIsRefused() {
    for (Client client : clients) {
      assertEquals(client.unanswered, client.refusals.get(), client.user);
    }
  }

  /**
   * How many saves were acknowledged, refused, and left without an answer, and the longest wait.
   */
  public String summary() {
    return "%d saves acknowledged, %d refused or unanswered, longest answer %d ms"
        .formatted(
            clients.stream().mapToInt(client -> client.acknowledgements).sum(),
            clients.stream().mapToInt(client -> client.refusals.get()).sum(),
            clients.stream().mapToLong(client -> client.longestMillis).max().orElse(0));
  }

  @Override
  public void close() {
    over = true;
    threads.close();
  }

  private final class Client implements Runnable {
    final String user;
    private final String token;
    private int replica;
    private Api api;
    private String etag = "";
    private boolean inDoubt;
    private long longestMillis;
    private int acknowledgements;
    private int unanswered;
    private final AtomicInteger sent = new AtomicInteger();
    private volatile int acknowledged;
    private final AtomicInteger refusals = new AtomicInteger();

    Client(String user, int replica, Duration lifetime) {
      this.user = user;
      this.token = TestService.identity().token(user, lifetime);
      this.replica = replica;
      this.api = api();
    }

    private Api api() {
      return new Api(ports.get(replica % ports.size()), token);
    }

    @Override
    public void run() {
      while (!over) {
        long start = System.nanoTime();
        try {
          if (inDoubt) {
            read();
          } else {
            save();
          }
          longestMillis =
              Math.max(longestMillis, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        } catch (AssertionError e) {
          if (!(e.getCause() instanceof IOException)) {
            throw e;
          }
          // The replica is gone, and the next one is asked.
          unanswered++;
          refused();
          replica++;
          api = api();
        }
        pause();
      }
    }

    private void save() {
      int number = sent.incrementAndGet();
      String body =
          "{\"provider\":\"anthropic\",\"model\":\"%d\",\"apiKey\":\"%s\"}"
              .formatted(number, key(number));
      Reply reply =
          etag.isEmpty() ? api.put(body, "If-None-Match", "*") : api.put(body, "If-Match", etag);
      switch (reply.status()) {
        case 200, 201 -> {
          etag = reply.header("etag");
          acknowledged = number;
          acknowledgements++;
        }
        // One that was in doubt was carried out after the read.
        case 412 -> inDoubt = true;
        default -> assertRefused(reply);
      }
    }

    private void read() {
      Reply reply = api.get();
      switch (reply.status()) {
        case 200 -> {
          int number = Integer.parseInt(reply.text("model"));
          assertMayBeStored(number);
          acknowledged = number;
          etag = reply.header("etag");
          inDoubt = false;
        }
        case 404 -> {
          assertEquals(0, acknowledged, user + " has nothing any more");
          inDoubt = false;
        }
        default -> assertRefused(reply);
      }
    }

    private void assertRefused(Reply reply) {
      assertEquals(503, reply.status(), reply::toString);
      assertTrue(REFUSALS.contains(reply.code()), reply::code);
      // Where the operator has to act, no time can be named.
      assertEquals(
          reply.code().startsWith("encryption_key_"),
          reply.header("retry-after").isEmpty(),
          reply::toString);
      refused();
    }

    private void refused() {
      refusals.incrementAndGet();
      inDoubt = true;
    }

    void assertMayBeStored(int number) {
      assertTrue(
          number >= acknowledged && number <= sent.get(),
          () -> user + " has " + number + " and not " + acknowledged + " to " + sent);
    }

    String key(int number) {
      return "sk-" + user + "-" + number + keyEnd;
    }

    private void pause() {
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        over = true;
      }
    }
  }
}
