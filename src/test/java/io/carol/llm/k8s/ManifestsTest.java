package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A Kubernetes API server would take what the overlays render to. */
final class ManifestsTest {
  private static final Map<String, Class<?>> BUILT_IN =
      Map.of(
          "v1 Namespace", V1Namespace.class,
          "v1 ServiceAccount", V1ServiceAccount.class,
          "v1 ConfigMap", V1ConfigMap.class,
          "v1 Service", V1Service.class,
          "apps/v1 Deployment", V1Deployment.class,
          "apps/v1 StatefulSet", V1StatefulSet.class,
          "batch/v1 Job", V1Job.class,
          "autoscaling/v2 HorizontalPodAutoscaler", V2HorizontalPodAutoscaler.class,
          "policy/v1 PodDisruptionBudget", V1PodDisruptionBudget.class,
          "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy.class);

  /** Kinds of operators, whose rules are not at hand offline: their members are checked by name. */
  private static final Map<String, Set<String>> MEMBERS_OF_SPEC =
      Map.of(
          "monitoring.coreos.com/v1 PodMonitor", Set.of("selector", "podMetricsEndpoints"),
          "monitoring.coreos.com/v1 PrometheusRule", Set.of("groups"),
          "external-secrets.io/v1 ExternalSecret",
              Set.of("refreshInterval", "secretStoreRef", "target", "dataFrom"),
          "postgresql.cnpg.io/v1 Cluster",
              Set.of(
                  "instances",
                  "imageName",
                  "postgresql",
                  "primaryUpdateStrategy",
                  "primaryUpdateMethod",
                  "enablePDB",
                  "bootstrap",
                  "storage",
                  "walStorage",
                  "inheritedMetadata",
                  "affinity",
                  "resources",
                  "monitoring"));

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");

  @TestFactory
  Stream<DynamicTest> everyObjectIsWhatItsKindAllows() {
    return Overlay.all()
        .flatMap(overlay ->
            overlay.objects().stream()
                .map(object ->
                    DynamicTest.dynamicTest(
                        overlay.name() + ": " + Overlay.title(object), () -> check(object))));
  }

  @Test
  void theCheckItselfRefusesUnknownMembersAndBadQuantities() {
    JsonNode deployment = Overlay.named("dev").ofKind("Deployment").findFirst().orElseThrow();

    ObjectNode misspelt = (ObjectNode) deployment.deepCopy();
    misspelt.withObject("/spec/template/spec").put("enableServiceLink", false);
    assertThrows(IllegalArgumentException.class, () -> check(misspelt));

    ObjectNode badQuantity = (ObjectNode) deployment.deepCopy();
    ((ObjectNode) badQuantity.at("/spec/template/spec/containers/0/resources/limits"))
        .put("memory", "256 MB");
    assertThrows(RuntimeException.class, () -> check(badQuantity));
  }

  @ParameterizedTest
  @MethodSource("io.carol.llm.k8s.Overlay#all")
  void noObjectIsThereTwice(Overlay overlay) {
    long different = overlay.objects().stream().map(Overlay::title).distinct().count();
    assertEquals(different, overlay.objects().size());
  }

  @ParameterizedTest
  @MethodSource("io.carol.llm.k8s.Overlay#all")
  void everythingIsInTheNamespaceThatTheOverlayMakes(Overlay overlay) {
    String namespace = overlay.ofKind("Namespace").map(Overlay::name).findFirst().orElseThrow();
    overlay.objects().stream()
        .filter(object -> !object.path("kind").asString().equals("Namespace"))
        .forEach(object ->
            assertEquals(
                namespace, object.at("/metadata/namespace").asString(), Overlay.title(object)));
  }

  private static void check(JsonNode object) {
    String name = Overlay.name(object);
    assertTrue(NAME.matcher(name).matches(), name + " is no name");
    String kind = object.path("apiVersion").asString() + " " + object.path("kind").asString();
    Class<?> type = BUILT_IN.get(kind);
    if (type != null) {
      assertNotNull(JSON.getGson().fromJson(object.toString(), type));
      return;
    }
    Set<String> members = MEMBERS_OF_SPEC.getOrDefault(kind, Set.of());
    assertFalse(members.isEmpty(), kind + " is a kind these tests do not know");
    assertEquals(members, Set.copyOf(object.path("spec").propertyNames()), kind);
  }
}
