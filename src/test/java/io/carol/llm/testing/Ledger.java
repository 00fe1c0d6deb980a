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
 * People who save one thing after the other while something breaks. Each knows what has to be there
 * afterwards: what was acknowledged last, or something sent since then that got no answer or a 503.
 *
 * <p>A save is on the condition that nothing has changed since the last look, so that one which is
 * carried out late cannot overwrite the next. After a save in doubt, people look, as the contract
 * advises, and go on from what they see.
 */
public final class Ledger implements AutoCloseable {
  private static final int PAUSE_MILLIS = 10;
  private static final Set<String> REFUSALS =
      Set.of("database_unavailable", "encryption_key_missing", "encryption_key_malformed");

  private final List<Integer> ports;
  private final String keyEnd;
  private final List<Person> people;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<?>> lives;
  private volatile boolean over;

  /**
   * People who begin at once.
   *
   * @param name what the ids of these users begin with
   * @param count of people
   * @param ports where replicas are, looked at anew whenever one gives no answer; at the beginning
   *     everybody has one of them
   */
  public Ledger(String name, int count, List<Integer> ports) {
    this(name, count, ports, "", Duration.ofHours(1));
  }

  /**
   * The same.
   *
   * @param keyEnd what every API key ends with, so that rows are as large as a test wants them
   * @param lifetime of everybody's token
   */
  public Ledger(String name, int count, List<Integer> ports, String keyEnd, Duration lifetime) {
    this.ports = ports;
    this.keyEnd = keyEnd;
    this.people =
        IntStream.range(0, count).mapToObj(i -> new Person(name + "-" + i, i, lifetime)).toList();
    this.lives = people.stream().<Future<?>>map(threads::submit).toList();
  }

  /** Waits until everybody has had something acknowledged that was sent after this call. */
  public void awaitSaves() throws Exception {
    List<Integer> sent = people.stream().map(person -> person.sent.get()).toList();
    await("everybody has saved something", i -> people.get(i).acknowledged > sent.get(i));
  }

  /** Waits until everybody has been answered 503, or not at all, after this call. */
  public void awaitRefusals() throws Exception {
    List<Integer> before = people.stream().map(person -> person.refusals.get()).toList();
    await("everybody was refused", i -> people.get(i).refusals.get() > before.get(i));
  }

  private interface Condition {
    boolean holdsFor(int person);
  }

  /** Does not wait for those that have failed. */
  private void await(String what, Condition condition) throws Exception {
    TestService.await(
        what,
        () ->
            lives.stream().anyMatch(Future::isDone)
                || IntStream.range(0, people.size()).allMatch(condition::holdsFor));
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
   * Lets everybody finish, and compares what they know with what the agent loop gets: model and key
   * have to be of one and the same save.
   *
   * @param configuration of a service on the same database
   */
  public void assertNothingIsLost(Map<String, String> configuration) throws Exception {
    close();
    throwFailures();
    try (LlmSettingsService agent = LlmSettingsService.open(Configuration.load(configuration))) {
      for (Person person : people) {
        DecryptedLlmSettings stored = agent.getDecryptedLlmSettings(person.user);
        int number = Integer.parseInt(stored.model());
        person.assertMayBeStored(number);
        assertEquals(person.key(number), stored.apiKey().map(ApiKey::reveal).orElse("none"));
      }
    }
  }

  /**
   * Fails when somebody had no answer instead of a 503; for when nothing happened to the service
   * itself. Once everybody has finished.
   */
  public void assertEverybodyWasAnswered() {
    assertUnansweredAtMost(0);
  }

  /** Fails when a client had no answer to more requests than these. Once every client is done. */
  public void assertUnansweredAtMost(int requests) {
    for (Person person : people) {
      assertTrue(
          person.unanswered <= requests,
          () -> person.user + " had no answer to " + person.unanswered + " requests");
    }
  }

  /**
   * How many saves were acknowledged, refused, and left without an answer, and the longest wait.
   */
  public String summary() {
    return "%d saves acknowledged, %d refused or unanswered, longest answer %d ms"
        .formatted(
            people.stream().mapToInt(person -> person.acknowledgements).sum(),
            people.stream().mapToInt(person -> person.refusals.get()).sum(),
            people.stream().mapToLong(person -> person.longestMillis).max().orElse(0));
  }

  @Override
  public void close() {
    over = true;
    threads.close();
  }

  private final class Person implements Runnable {
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

    Person(String user, int replica, Duration lifetime) {
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
            look();
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
        // One that was in doubt was carried out after the look.
        case 412 -> inDoubt = true;
        default -> assertRefused(reply);
      }
    }

    private void look() {
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
