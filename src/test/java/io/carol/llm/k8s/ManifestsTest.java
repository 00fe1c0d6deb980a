package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A Kubernetes API server would take what the overlays render to. */
final class ManifestsTest {
  private static final Map<String, Class<?>> BUILT_IN =
      Map.of(
          "v1 ServiceAccount", V1ServiceAccount.class,
          "v1 ConfigMap", V1ConfigMap.class,
          "v1 Service", V1Service.class,
          "apps/v1 Deployment", V1Deployment.class,
          "apps/v1 StatefulSet", V1StatefulSet.class,
          "batch/v1 Job", V1Job.class,
          "autoscaling/v2 HorizontalPodAutoscaler", V2HorizontalPodAutoscaler.class,
          "policy/v1 PodDisruptionBudget", V1PodDisruptionBudget.class,
          "networking.k8s.io/v1 Ingress", V1Ingress.class,
          "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy.class);

  /** Kinds of operators and of the Gateway API, which are checked where their definitions are. */
  private static final Set<String> CUSTOM =
      Set.of(
          "monitoring.coreos.com/v1 PodMonitor",
          "monitoring.coreos.com/v1 PrometheusRule",
          "external-secrets.io/v1 ExternalSecret",
          "postgresql.cnpg.io/v1 Cluster",
          "gateway.networking.k8s.io/v1 HTTPRoute");

  private static final String CHECK_ENABLED = "CAROL_CHECK_ENABLED";
  private static final CustomResources DEFINITIONS = new CustomResources();

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

  @Test
  void theDefinitionsOfOperatorsRefuseUnknownMembers() {
    String kind = "postgresql.cnpg.io/v1 Cluster";
    assumeTrue(DEFINITIONS.know(kind), "the definitions of the operators are not at hand");
    ObjectNode cluster =
        (ObjectNode) Overlay.named("production").ofKind("Cluster").findFirst().orElseThrow();
    ObjectNode misspelt = cluster.deepCopy();
    misspelt.withObject("/spec").put("instance", 3);
    assertFalse(DEFINITIONS.complaints(kind, misspelt).isEmpty());
  }

  @Test
  void theComponentIngressCanBeAdded(@TempDir Path folder) throws IOException {
    Overlay overlay = withComponent(folder, "dev", "ingress");
    assertEquals(1, overlay.ofKind("Ingress").count());
    overlay.objects().forEach(ManifestsTest::check);
  }

  @Test
  void theConnectionCheckIsOffWhereNoPolicyOpensTheWayToProviders(@TempDir Path folder)
      throws IOException {
    // On by default, and the dev overlay has no network policy.
    assertTrue(Overlay.named("dev").settings().path(CHECK_ENABLED).isMissingNode());
    assertEquals("false", Overlay.named("production").settings().path(CHECK_ENABLED).asString());

    Overlay opened = withComponent(folder, "production", "connection-check");
    assertEquals("true", opened.settings().path(CHECK_ENABLED).asString());
    JsonNode policy =
        opened
            .ofKind("NetworkPolicy")
            .filter(it -> Overlay.name(it).equals("carol-llm-settings-check"))
            .findFirst()
            .orElseThrow();
    // Without names there would be no database and no identity provider.
    assertEquals(
        "[{\"protocol\":\"TCP\"},{\"port\":53,\"protocol\":\"UDP\"}]",
        policy.at("/spec/egress/0/ports").toString());
    opened.objects().forEach(ManifestsTest::check);
  }

  /** An overlay of this repository and one more component, in an overlay outside of it. */
  private static Overlay withComponent(Path folder, String overlay, String component)
      throws IOException {
    Path k8s = folder.toRealPath().relativize(Path.of("k8s").toRealPath());
    Files.writeString(
        folder.resolve("kustomization.yaml"),
        """
        namespace: elsewhere
        resources:
          - %1$s/overlays/%2$s
        components:
          - %1$s/components/%3$s
        """
            .formatted(k8s, overlay, component));
    return Overlay.render(folder);
  }

  @EveryOverlay
  void noObjectIsThereTwice(Overlay overlay) {
    long different = overlay.objects().stream().map(Overlay::title).distinct().count();
    assertEquals(different, overlay.objects().size());
  }

  @EveryOverlay
  void everyObjectIsInOneNamespaceThatTheOverlayDoesNotMake(Overlay overlay) {
    assertEquals(
        0,
        overlay.ofKind("Namespace").count(),
        "deleting the overlay would delete everything else in that namespace");
    assertEquals(
        1,
        overlay.objects().stream()
            .map(object -> object.at("/metadata/namespace").asString())
            .distinct()
            .count());
  }

  @Test
  void theDevelopmentOverlayNeedsNoDefinitionOfAnOperator() {
    assertEquals(
        List.of(),
        Overlay.named("dev").objects().stream()
            .map(ManifestsTest::kind)
            .filter(kind -> !BUILT_IN.containsKey(kind))
            .toList());
  }

  @Test
  void anOverlayElsewhereSetsNamespaceTagAndDigest(@TempDir Path folder) throws IOException {
    Path base = folder.toRealPath().relativize(Path.of("k8s/overlays/production").toRealPath());
    for (String image :
        List.of(
            "newName: registry.example:5000/me/llm\n    newTag: 1.0.1_RC1",
            "digest: sha256:" + "0".repeat(64))) {
      Files.writeString(
          folder.resolve("kustomization.yaml"),
          """
          namespace: elsewhere
          resources:
            - %s
          images:
            - name: carol-llm-settings
              %s
          """
              .formatted(base, image));
      Overlay overlay = Overlay.render(folder);
      String expected = image.startsWith("digest") ? "carol-llm-settings@sha256:" : ":1.0.1_RC1";
      assertTrue(
          overlay.container().path("image").asString().contains(expected),
          overlay.container().path("image").asString());
      for (JsonNode object : overlay.objects()) {
        check(object);
        assertEquals("elsewhere", object.at("/metadata/namespace").asString());
      }
    }
  }

  private static void check(JsonNode object) {
    String name = Overlay.name(object);
    assertTrue(NAME.matcher(name).matches(), name + " is no name");
    String kind = kind(object);
    Class<?> type = BUILT_IN.get(kind);
    if (type != null) {
      assertNotNull(JSON.getGson().fromJson(object.toString(), type));
      return;
    }
    assertTrue(CUSTOM.contains(kind), kind + " is a kind these tests do not know");
    if (DEFINITIONS.know(kind)) {
      assertEquals(List.of(), DEFINITIONS.complaints(kind, object));
    }
  }

  private static String kind(JsonNode object) {
    return object.path("apiVersion").asString() + " " + object.path("kind").asString();
  }
}
