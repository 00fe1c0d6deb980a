package io.carol.llm.k8s;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What happens to requests when Kubernetes asks the packed jar to stop. */
final class GracefulStopIT {
  private static final String BODY =
      "{\"provider\":\"anthropic\",\"model\":\"claude\",\"apiKey\":\"sk-ant-1\"}";
  private static final String KEY = Secrets.encryptionKey();

  @Test
  void aRequestUnderWayIsAnsweredAndTheProcessEndsWithoutError() throws Exception {
    try (ServiceProcess service = start(TestService.newDatabase(), 0);
        Socket socket = new Socket("localhost", service.port())) {
      socket.setSoTimeout(20_000);
      BufferedReader answer =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
      socket.getOutputStream().write(putHead("anna").getBytes(US_ASCII));
      assertEquals("HTTP/1.1 100 Continue", answer.readLine());
      assertEquals("", answer.readLine());
      service.terminate();
      awaitDraining(service);
      socket.getOutputStream().write(BODY.getBytes(US_ASCII));
      assertEquals("HTTP/1.1 201 Created", answer.readLine());
      assertEquals(0, service.exitCode());
      assertTrue(service.err().contains("status=201"), "what is answered last is logged as well");
    }
  }

  @Test
  void whileItDrainsItIsNotReadyAndLetsConnectionsGoPolitely() throws Exception {
    try (ServiceProcess service = start(TestService.newDatabase(), 3)) {
      String token = TestService.identity().token("anna");
      HttpResponse<String> before = service.send("GET", token, null);
      assertEquals("keep-alive", before.headers().firstValue("Connection").orElse(""));
      service.terminate();
      awaitDraining(service);
      HttpResponse<String> during = service.send("GET", token, null);
      assertEquals(404, during.statusCode());
      assertEquals("close", during.headers().firstValue("Connection").orElse(""));
      assertEquals(200, ServiceProcess.status(service.observe("/observe/health/live")));
      assertEquals(0, service.exitCode());
    }
  }

  @Test
  void aRollingRestartUnderLoadLosesNoRequest() throws Exception {
    String database = TestService.newDatabase();
    try (ServiceProcess leaving = start(database, 2);
        ServiceProcess staying = start(database, 2)) {
      Balancer balancer = new Balancer(List.of(leaving, staying));
      List<Thread> threads = new ArrayList<>();
      threads.add(Thread.ofVirtual().start(balancer::probe));
      for (int client = 0; client < 8; client++) {
        String token = TestService.identity().token("user-" + client);
        threads.add(Thread.ofVirtual().start(() -> balancer.send(token)));
      }
      try {
        awaitAnswers(balancer, 200);
        leaving.terminate();
        assertEquals(0, leaving.exitCode());
        awaitAnswers(balancer, balancer.answers.get() + 100);
      } finally {
        balancer.over.set(true);
      }
      for (Thread thread : threads) {
        assertTrue(thread.join(Duration.ofMinutes(1)), "a client does not end");
      }
      assertEquals(List.of(), List.copyOf(balancer.failures));
    }
  }

  /** Sends requests in turn to whichever replica said last that it is ready. */
  private static final class Balancer {
    final AtomicBoolean over = new AtomicBoolean();
    final AtomicInteger answers = new AtomicInteger();
    final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<ServiceProcess> all;
    private volatile List<ServiceProcess> ready;

    Balancer(List<ServiceProcess> all) {
      this.all = all;
      this.ready = all;
    }

    void probe() {
      try {
        while (!over.get()) {
          List<ServiceProcess> up = new ArrayList<>();
          for (ServiceProcess service : all) {
            if (ServiceProcess.status(service.observe("/observe/health/ready")) == 200) {
              up.add(service);
            }
          }
          ready = up;
          Thread.sleep(100);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void send(String token) {
      for (int turn = 0; !over.get(); turn++) {
        List<ServiceProcess> targets = ready;
        ServiceProcess service = targets.get(turn % targets.size());
        String method = turn % 2 == 0 ? "PUT" : "GET";
        try {
          HttpResponse<String> response =
              service.send(method, token, method.equals("PUT") ? BODY : null);
          if (response.statusCode() / 100 != 2) {
            failures.add(method + " answered " + response.statusCode());
          }
          answers.incrementAndGet();
          // Eight clients without a pause would take the processor from the replicas.
          Thread.sleep(10);
        } catch (IOException e) {
          failures.add(method + " got no answer: " + e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }

  private static ServiceProcess start(String database, int drainSeconds)
      throws InterruptedException {
    ServiceProcess service =
        ServiceProcess.start(
            TestService.configuration(
                database,
                Map.of(
                    "carol.encryption.key",
                    KEY,
                    "carol.shutdown.drain.seconds",
                    String.valueOf(drainSeconds))));
    service.awaitReady();
    return service;
  }

  private static String putHead(String user) {
    return "PUT "
        + Api.PATH
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Authorization: Bearer "
        + TestService.identity().token(user)
        + "\r\nExpect: 100-continue\r\nContent-Length: "
        + BODY.length()
        + "\r\n\r\n";
  }

  /** Without a drain time the probes may not be answered any more, which a kubelet takes alike. */
  private static void awaitDraining(ServiceProcess service) {
    TestService.await(
        "the service is not ready any more",
        () -> {
          try {
            int status = ServiceProcess.status(service.observe("/observe/health/ready"));
            return status == 503 || status == 0;
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static void awaitAnswers(Balancer balancer, int count) {
    TestService.await(count + " requests are answered", () -> balancer.answers.get() >= count);
  }
}
