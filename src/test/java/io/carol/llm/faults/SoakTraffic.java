package io.carol.llm.faults;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Identity;
import io.carol.llm.testing.ServiceProcess;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Everything that clients do, good and bad, at random and without end. */
final class SoakTraffic implements AutoCloseable {
  private static final int CLIENTS = 8;
  private static final int USERS = 500;
  private static final int PAUSE_MILLIS = 4;
  private static final Duration LIFETIME = Duration.ofDays(1);

  /** As many tokens as the service remembers. */
  private static final int REMEMBERED_TOKENS = 20_000;

  /** A machine with other work to do may be too slow for some; for many it is not. */
  private static final String REFUSED = "refused with 503";

  private static final double MOST_REFUSED = 0.01;

  private static final String PUT =
      "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":\"https://llm.example\"%s}";
  private static final List<String> INVALID =
      List.of(
          "{",
          "",
          "[]",
          "{\"provider\":\"anthropic\"}",
          PUT.formatted(",\"apiKey\":\"\""),
          PUT.formatted(",\"more\":1"),
          PUT.formatted(",\"apiKey\":\"" + "x".repeat(70_000) + "\""));

  private final ServiceProcess service;
  private final Identity identity;
  private final List<String> tokens;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, AtomicLong> answers = new ConcurrentHashMap<>();
  private final Map<String, AtomicLong> unexpected = new ConcurrentHashMap<>();
  private volatile boolean over;

  SoakTraffic(ServiceProcess service, Identity identity) {
    this.service = service;
    this.identity = identity;
    this.tokens =
        IntStream.range(0, USERS).mapToObj(i -> identity.token("user-" + i, LIFETIME)).toList();
  }

  /** So that what is bounded has reached its bounds before anything is measured. */
  void fillCaches() {
    IntStream.range(0, REMEMBERED_TOKENS)
        .parallel()
        .forEach(i -> expect("new token", "GET", null, freshToken(), 200, 404));
  }

  void start() {
    for (int i = 0; i < CLIENTS; i++) {
      threads.execute(this::live);
    }
  }

  private void live() {
    while (!over) {
      try {
        doSomething();
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void doSomething() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    String token = tokens.get(random.nextInt(USERS));
    switch (random.nextInt(20)) {
      case 0, 1, 2 -> expect("PUT", "PUT", PUT.formatted(",\"apiKey\":\"sk-1\""), token, 200, 201);
      case 3, 4 -> expect("PUT", "PUT", PUT.formatted(",\"apiKey\":null"), token, 200, 201);
      case 5 -> expect("PUT", "PUT", PUT.formatted(""), token, 200, 201);
      case 6, 7 -> expect("DELETE", "DELETE", null, token, 204);
      case 8, 9 -> {
        String body = INVALID.get(random.nextInt(INVALID.size()));
        expect("invalid body", "PUT", body, token, 400, 413, 422);
      }
      case 10 -> expect("bad token", "GET", null, token.substring(0, token.length() - 9), 401);
      case 11 -> expect("new token", "GET", null, freshToken(), 200, 404);
      case 12 ->
          connect("GET " + Api.PATH + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true);
      case 13 -> connect("PUT " + Api.PATH + " HTTP/1.1\r\nHost: a\r\nContent-Le", false);
      default -> expect("GET", "GET", null, token, 200, 404);
    }
  }

  private String freshToken() {
    return identity.token("user-" + ThreadLocalRandom.current().nextInt(USERS), LIFETIME);
  }

  private void expect(
      String name, String method, @Nullable String body, String token, int... statuses) {
    try {
      int status = service.send(method, token, body).statusCode();
      if (status == 503) {
        count(answers, REFUSED);
      } else if (IntStream.of(statuses).noneMatch(expected -> expected == status)) {
        count(unexpected, name + " was answered " + status);
      }
    } catch (IOException e) {
      // A body that is too large may find the connection closed.
      if (!name.equals("invalid body")) {
        count(unexpected, name + " got no answer: " + e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    count(answers, name);
  }

  /** On a connection of its own, which the client closes in the middle of a request if it likes. */
  private void connect(String request, boolean whole) {
    try (Socket socket = new Socket("localhost", service.port())) {
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      if (whole
          && !new String(socket.getInputStream().readAllBytes(), US_ASCII).contains(" 401 ")) {
        count(unexpected, "a connection was not answered 401");
      }
    } catch (IOException e) {
      count(unexpected, "a connection got no answer: " + e);
    }
    count(answers, "connection");
  }

  private static void count(Map<String, AtomicLong> counts, String name) {
    counts.computeIfAbsent(name, n -> new AtomicLong()).incrementAndGet();
  }

  /** What was sent, by kind. */
  String summary() {
    return "requests: " + new TreeMap<>(answers);
  }

  /** Answers that should not be, and how many. */
  List<String> unexpected() {
    List<String> all =
        new ArrayList<>(
            unexpected.entrySet().stream()
                .map(entry -> entry.getKey() + ": " + entry.getValue() + " times")
                .toList());
    long refused = answers.getOrDefault(REFUSED, new AtomicLong()).get();
    long sent = answers.values().stream().mapToLong(AtomicLong::get).sum();
    if (refused > MOST_REFUSED * sent) {
      all.add(REFUSED + ": " + refused + " times");
    }
    return all;
  }

  /** Returns when no client sends anything any more. */
  void stop() {
    over = true;
    threads.close();
  }

  @Override
  public void close() {
    stop();
  }
}
