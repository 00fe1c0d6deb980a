package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that do not finish their requests, beside one that does. The packed jar has 128 MB of
 * heap. Prints the median time of a GET.
 */
@Tag("faults")
final class SlowClientsIT {
  private static final int SLOW_CLIENTS = 2_000;
  private static final int GETS = 300;
  private static final String BODY = "{\"provider\":\"anthropic\",\"model\":\"m\"}";

  @TempDir private Path folder;

  @Test
  void unfinishedHeadersDoNotStopOtherRequests() throws Exception {
    try (ServiceProcess service = start(4_096)) {
      besideSlowClients("headers, directly", service, service.port(), unfinishedHeaders());
    }
  }

  @Test
  void unfinishedBodiesDoNotStopOtherRequests() throws Exception {
    try (ServiceProcess service = start(4_096)) {
      besideSlowClients("bodies, directly", service, service.port(), unfinishedBody(4_000));
    }
  }

  @Test
  void unfinishedHeadersBehindNginxDoNotReachTheService() throws Exception {
    try (ServiceProcess service = start(16);
        ProxyProcess nginx = nginx(service)) {
      besideSlowClients("headers, behind nginx", service, nginx.port(), unfinishedHeaders());
    }
  }

  @Test
  void unfinishedBodiesBehindNginxDoNotReachTheService() throws Exception {
    try (ServiceProcess service = start(16);
        ProxyProcess nginx = nginx(service)) {
      besideSlowClients("bodies, behind nginx", service, nginx.port(), unfinishedBody(4_000));
    }
  }

  /** What the default number of connections, each with the largest body, takes of the heap. */
  @Test
  void theLargestBodiesOfAllConnectionsFitIntoTheHeap() throws Exception {
    try (ServiceProcess service = start(1_024)) {
      List<RawHttp> slow = new ArrayList<>();
      try {
        for (int i = 0; i < 1_000; i++) {
          slow.add(connect(service.port()).send(unfinishedBody(65_000)));
        }
        report("1,000 bodies of 65 kB, directly", new Api(service.port(), token()));
        assertEquals(400, slow.getFirst().send(" ").read().status(), "a body of blanks alone");
        assertNoError(service);
      } finally {
        slow.forEach(RawHttp::close);
      }
    }
  }

  private static void besideSlowClients(
      String what, ServiceProcess service, int port, String request) throws IOException {
    Api api = new Api(port, token());
    assertEquals(201, api.put(BODY).status());
    report("no slow clients", api);
    List<RawHttp> slow = new ArrayList<>();
    try {
      for (int i = 0; i < SLOW_CLIENTS; i++) {
        slow.add(connect(port).send(request));
      }
      report(SLOW_CLIENTS + " unfinished " + what, api);
      assertEquals(200, api.put(BODY).status());
      assertNoError(service);
    } finally {
      slow.forEach(RawHttp::close);
    }
  }

  private static void report(String what, Api api) {
    long[] nanos = new long[GETS];
    for (int i = 0; i < GETS; i++) {
      long started = System.nanoTime();
      int status = api.get().status();
      nanos[i] = System.nanoTime() - started;
      assertTrue(status == 200 || status == 404, "status " + status);
    }
    Arrays.sort(nanos);
    System.out.printf(
        "%s: GET takes %.2f ms (median), %.2f ms (99 %%)%n",
        what, millis(nanos[GETS / 2]), millis(nanos[GETS * 99 / 100]));
  }

  private static double millis(long nanos) {
    return nanos / (double) TimeUnit.MILLISECONDS.toNanos(1);
  }

  private static void assertNoError(ServiceProcess service) {
    assertTrue(
        service.err().lines().noneMatch(line -> line.contains("Error")), () -> service.err());
  }

  private static ServiceProcess start(int connections) throws InterruptedException {
    Map<String, String> configuration =
        TestService.newConfiguration("carol.limits.connections", String.valueOf(connections));
    ServiceProcess service = ServiceProcess.start(configuration);
    service.awaitReady();
    return service;
  }

  private ProxyProcess nginx(ServiceProcess service) throws IOException {
    return ProxyExample.in("README.md", "nginx", 0).to(service.port()).startNginx(folder);
  }

  private static RawHttp connect(int port) throws IOException {
    Socket socket = new Socket("localhost", port);
    socket.setSoTimeout(30_000);
    return new RawHttp(socket);
  }

  private static String unfinishedHeaders() {
    return head() + "X: " + "a".repeat(500);
  }

  /** All of it but the last byte. */
  private static String unfinishedBody(int size) {
    return head() + "Content-Length: " + size + "\r\n\r\n" + " ".repeat(size - 1);
  }

  private static String head() {
    return "PUT %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
            .formatted(Api.PATH, token())
        + "Content-Type: application/json\r\n";
  }

  private static String token() {
    return TestService.identity().token("user");
  }
}
