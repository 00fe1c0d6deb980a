package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.TestService;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import tools.jackson.databind.JsonNode;

/** What the manifests ask of the service is what the real service answers. */
@TestInstance(Lifecycle.PER_CLASS)
final class ProbesTest {
  @AutoClose private final TestService service = TestService.start();

  @EveryOverlay
  void probesAskThreeDifferentQuestionsThatAReadyServiceAnswers(Overlay overlay) {
    Set<String> paths =
        Stream.of("startupProbe", "livenessProbe", "readinessProbe")
            .map(probe -> overlay.container().path(probe).path("httpGet"))
            .map(probe -> {
              assertEquals("observe", probe.path("port").asString());
              String path = probe.path("path").asString();
              int status = service.observe(path).status();
              assertTrue(status >= 200 && status < 400, path + " answered " + status);
              return path;
            })
            .collect(Collectors.toSet());
    assertEquals(3, paths.size());
  }

  @Test
  void metricsAreWhereThePodMonitorLooks() {
    JsonNode endpoint =
        Overlay.named("production")
            .ofKind("PodMonitor")
            .findFirst()
            .orElseThrow()
            .at("/spec/podMetricsEndpoints/0");
    assertEquals("observe", endpoint.path("port").asString());
    assertEquals(200, service.observe(endpoint.path("path").asString()).status());
  }

  @EveryOverlay
  void namedPortsAreTheOnesTheServiceIsToldToListenOn(Overlay overlay) {
    Map<String, String> ports =
        overlay
            .container()
            .path("ports")
            .valueStream()
            .collect(
                Collectors.toMap(
                    port -> port.path("name").asString(),
                    port -> port.path("containerPort").asString()));
    // Neither is set in the manifests, so these are the defaults.
    assertEquals(Map.of("http", "8080", "observe", "8081"), ports);
  }
}
