package io.carol.llm.k8s;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/**
 * What happens to requests when Kubernetes asks the packed jar to stop. That none is lost under
 * load: TwoReplicasIT and RollingRestartIT.
 */
final class GracefulStopIT {
  private static final String BODY =
      "{\"provider\":\"anthropic\",\"model\":\"claude\",\"apiKey\":\"sk-ant-1\"}";

  @Test
  void aRequestUnderWayIsAnsweredAndTheProcessEndsWithoutError() throws Exception {
    try (ServiceProcess service = start(0);
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
    try (ServiceProcess service = start(3)) {
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

  private static ServiceProcess start(int drainSeconds) throws InterruptedException {
    ServiceProcess service =
        ServiceProcess.start(
            TestService.newConfiguration(
                "carol.shutdown.drain.seconds", String.valueOf(drainSeconds)));
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
}
