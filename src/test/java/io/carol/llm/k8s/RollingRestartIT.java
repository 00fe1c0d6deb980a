package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Ports;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Two containers of the image behind HAProxy, which asks the readiness probe as often as the
 * deployment says and knows nothing else of them. There is no preStop here: the drain alone has to
 * do.
 */
@Tag("faults")
final class RollingRestartIT {
  private static final int CLIENTS = 4;
  private static final String BODY =
      "{\"provider\":\"anthropic\",\"model\":\"claude\",\"apiKey\":\"sk-ant-1\"}";

  private static Image image;

  @TempDir private Path folder;
  private final List<ServiceProcess> replicas = new ArrayList<>();
  private final List<ProxyProcess> balancers = new ArrayList<>();
  private final List<Thread> clients = new ArrayList<>();
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger answers = new AtomicInteger();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  @BeforeAll
  static void build() {
    image = Image.built();
  }

  @Test
  void restartingOneReplicaAfterTheOtherFailsNoRequest() throws Exception {
    Map<String, String> configuration =
        TestService.newConfiguration("carol.shutdown.drain.seconds", drainSeconds());
    List<Map<String, String>> places =
        List.of(ServiceProcess.withPorts(configuration), ServiceProcess.withPorts(configuration));
    for (Map<String, String> place : places) {
      replicas.add(image.start(place, ""));
    }
    for (ServiceProcess replica : replicas) {
      replica.awaitReady();
    }
    int port = balance(places.getFirst(), places.getLast());
    for (int client = 0; client < CLIENTS; client++) {
      Api api = new Api(port, TestService.identity().token("user-" + client));
      assertEquals(201, api.put(BODY).status());
      clients.add(Thread.ofVirtual().start(() -> send(api)));
    }
    for (int i = 0; i < replicas.size(); i++) {
      ServiceProcess leaving = replicas.get(i);
      awaitTraffic(leaving);
      leaving.terminate();
      assertEquals(0, leaving.exitCode(), leaving.err());
      leaving.close();
      replicas.set(i, image.start(places.get(i), ""));
      replicas.get(i).awaitReady();
      awaitTraffic(replicas.get(i));
    }
    stopClients();
    assertEquals(List.of(), List.copyOf(failures), "of " + answers + " requests");
  }

  @AfterEach
  void stop() throws InterruptedException {
    stopClients();
    balancers.forEach(ProxyProcess::close);
    replicas.forEach(ServiceProcess::close);
  }

  private void stopClients() throws InterruptedException {
    over.set(true);
    for (Thread client : clients) {
      assertTrue(client.join(Duration.ofMinutes(1)), "a client does not end");
    }
  }

  private void send(Api api) {
    while (!over.get()) {
      try {
        int put = api.put(BODY).status();
        int get = api.get().status();
        if (put != 200 || get != 200) {
          failures.add("PUT " + put + ", GET " + get);
        }
      } catch (AssertionError e) {
        failures.add(e.toString());
      }
      answers.addAndGet(2);
    }
  }

  private void awaitTraffic(ServiceProcess replica) {
    TestService.await(
        "the replica answers requests",
        () -> replica.err().contains("method=PUT route=/api/settings/llm status=200"));
  }

  private int balance(Map<String, String> first, Map<String, String> second) throws IOException {
    int port = Ports.free();
    JsonNode probe = Image.deployment().at("/spec/template/spec/containers/0/readinessProbe");
    balancers.add(
        ProxyProcess.haproxy(
            folder,
            port,
            """
            defaults
              mode http
              timeout connect 2s
              timeout client 30s
              timeout server 30s
              timeout check %ds
              # What it cannot deliver is a failure.
              retries 0
              option httpchk
              http-check send meth GET uri %s ver HTTP/1.1 hdr Host service
              http-check expect status 200
              default-server check inter %ds fall %d rise 1
            listen service
              bind 127.0.0.1:%d
              server first 127.0.0.1:%s port %s
              server second 127.0.0.1:%s port %s
            """
                .formatted(
                    probe.path("timeoutSeconds").asInt(),
                    probe.at("/httpGet/path").asString(),
                    probe.path("periodSeconds").asInt(),
                    probe.path("failureThreshold").asInt(),
                    port,
                    first.get("carol.port"),
                    first.get("carol.observe.port"),
                    second.get("carol.port"),
                    second.get("carol.observe.port"))));
    return port;
  }

  /** As the base of all environments sets it. */
  private static String drainSeconds() {
    JsonNode base = new YAMLMapper().readTree(Path.of("k8s/base/kustomization.yaml").toFile());
    return base.path("configMapGenerator")
        .valueStream()
        .flatMap(map -> map.path("literals").valueStream())
        .map(JsonNode::asString)
        .filter(literal -> literal.startsWith("CAROL_SHUTDOWN_DRAIN_SECONDS="))
        .map(literal -> literal.replaceFirst(".*=", ""))
        .findFirst()
        .orElseThrow();
  }
}
