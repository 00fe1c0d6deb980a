package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Ports;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas of the packed jar on one database, behind HAProxy, which asks if they are ready. */
@Tag("faults")
final class TwoReplicasIT {
  private static final int CLIENTS = 8;
  private static final String PUT =
      "{\"provider\":\"anthropic\",\"model\":\"%s\",\"apiKey\":\"sk-ant-1\"}";

  @TempDir private Path folder;
  @AutoClose private ServiceProcess one;
  @AutoClose private ServiceProcess other;
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger answers = new AtomicInteger();

  /** At once, on an empty database: both want to migrate it. */
  @BeforeEach
  void startReplicas() throws Exception {
    Map<String, String> configuration =
        TestService.newConfiguration("carol.shutdown.drain.seconds", "2");
    one = ServiceProcess.start(configuration);
    other = ServiceProcess.start(configuration);
    one.awaitReady();
    other.awaitReady();
  }

  @Test
  void eachReadsAtOnceWhatTheOtherWrote() {
    Api here = api(one.port(), "ada");
    Api there = api(other.port(), "ada");
    for (int i = 0; i < 20; i++) {
      Reply saved = here.put(PUT.formatted(i));
      Reply read = there.get();
      assertEquals(String.valueOf(i), read.text("model"));
      String etag = read.header("etag");
      assertEquals(saved.header("etag"), etag);
      assertEquals(200, there.put(PUT.formatted("newer"), "If-Match", etag).status());
      assertEquals(412, here.put(PUT.formatted("late"), "If-Match", etag).status());
      assertEquals(412, here.delete("If-Match", etag).status());
      assertEquals("newer", here.get().text("model"));
      assertEquals(204, here.delete().status());
      assertEquals(404, there.get().status());
      assertEquals(201, there.put(PUT.formatted("again"), "If-None-Match", "*").status());
      assertEquals(412, here.put(PUT.formatted("twice"), "If-None-Match", "*").status());
    }
  }

  /**
   * GET, and PUT without a precondition, do the same when they are sent once more. HAProxy can only
   * repeat a request that it has received as a whole.
   */
  @Test
  void oneIsKilledAndEveryRequestIsAnswered() throws Exception {
    try (ProxyProcess haproxy = haproxy();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Api api = api(haproxy.port(), "user-" + i);
        clients.add(threads.submit(() -> saveAndRead(api)));
      }
      try {
        awaitAnswers(clients, 200);
        one.close();
        awaitAnswers(clients, answers.get() + 500);
      } finally {
        // Also after a failure: the executor waits for its threads.
        over.set(true);
      }
      for (Future<?> client : clients) {
        client.get(1, TimeUnit.MINUTES);
      }
    }
  }

  /** Whatever was acknowledged is what is read next, mostly from the other replica. */
  private void saveAndRead(Api api) {
    for (int i = 0; !over.get(); i++) {
      Reply saved = api.put(PUT.formatted(i));
      assertTrue(saved.status() == 200 || saved.status() == 201, saved::toString);
      Reply read = api.get();
      assertEquals(200, read.status(), read::toString);
      assertEquals(String.valueOf(i), read.text("model"));
      answers.incrementAndGet();
    }
  }

  /** Does not wait for clients that have failed. */
  private void awaitAnswers(List<Future<?>> clients, int count) {
    TestService.await(
        count + " saves are answered",
        () -> answers.get() >= count || clients.stream().anyMatch(Future::isDone));
  }

  private ProxyProcess haproxy() throws Exception {
    int port = Ports.free();
    return ProxyProcess.haproxy(
        folder,
        port,
        """
        defaults
          mode http
          timeout connect 5s
          timeout check 4s
          timeout client 30s
          timeout server 15s
          retry-on conn-failure empty-response
          option redispatch 1
          option http-buffer-request
        listen settings
          bind localhost:%d
          option httpchk
          http-check send meth GET uri /observe/health/ready ver HTTP/1.1 hdr Host localhost
          default-server check inter 200ms fall 2
          server one localhost:%d port %d
          server other localhost:%d port %d
        """
            .formatted(port, one.port(), one.observePort(), other.port(), other.observePort()));
  }

  private static Api api(int port, String user) {
    return new Api(port, TestService.identity().token(user));
  }
}
