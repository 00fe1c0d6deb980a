package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.Setting;
import io.carol.llm.k8s.Overlay.Workload;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Whatever an object names is there: Kubernetes says nothing when it is not, it just waits. */
final class ReferencesTest {
  /** Made by hand, as the dev overlay says, or by the operators that the others need. */
  private static final Set<String> MADE_ELSEWHERE =
      Set.of(
          "Secret carol-llm-settings",
          "Secret carol-llm-settings-database-app",
          "Secret carol-llm-settings-database-ca",
          "ConfigMap carol-llm-settings-identity");

  @EveryOverlay
  void controllersSelectThePodsTheyMake(Overlay overlay) {
    assertEquals(
        List.of(),
        overlay.objects().stream()
            .filter(it -> it.at("/spec/selector/matchLabels").isObject())
            .filter(it -> it.at("/spec/template").isObject())
            .filter(
                it -> !matches(it.at("/spec/selector"), it.at("/spec/template/metadata/labels")))
            .map(Overlay::title)
            .toList());
  }

  @EveryOverlay
  void servicesLeadToPodsThatListenOnTheirPorts(Overlay overlay) {
    overlay
        .ofKind("Service")
        .forEach(service -> {
          List<Workload> selected =
              overlay
                  .workloads()
                  .filter(it -> containsAll(it.labels(), service.at("/spec/selector")))
                  .toList();
          assertEquals(1, selected.size(), Overlay.title(service));
          Set<String> ports = portNames(selected.getFirst());
          service
              .at("/spec/ports")
              .valueStream()
              .map(port -> port.path("targetPort").asString())
              .forEach(
                  port -> assertTrue(ports.contains(port), Overlay.title(service) + ": " + port));
        });
  }

  @EveryOverlay
  void theDatabaseAddressIsThatOfAServiceInTheOverlay(Overlay overlay) {
    Stream<String> services = overlay.ofKind("Service").map(Overlay::name);
    // CloudNativePG makes a Service of this name that always leads to the primary.
    Stream<String> primaries = overlay.ofKind("Cluster").map(it -> Overlay.name(it) + "-rw");
    String url = overlay.settings().path("CAROL_DATABASE_URL").asString();
    assertEquals(
        1,
        Stream.concat(services, primaries)
            .filter(it -> url.startsWith("jdbc:postgresql://" + it + "/"))
            .count(),
        url);
  }

  @EveryOverlay
  void serviceAccountsConfigMapsAndSecretsAreThere(Overlay overlay) {
    Set<String> there =
        Stream.concat(
                Stream.of("ServiceAccount", "ConfigMap")
                    .flatMap(overlay::ofKind)
                    .map(Overlay::title),
                MADE_ELSEWHERE.stream())
            .collect(Collectors.toSet());
    assertEquals(
        List.of(),
        overlay
            .workloads()
            .flatMap(ReferencesTest::references)
            .filter(it -> !there.contains(it))
            .toList());
  }

  @EveryOverlay
  void theExternalSecretMakesTheSecretThatPodsReadTheirKeysFrom(Overlay overlay) {
    overlay
        .ofKind("ExternalSecret")
        .forEach(external -> {
          // Fetched one by one, two keys that change places could come as the same key twice.
          assertEquals(1, external.at("/spec/dataFrom").size());
          assertTrue(external.at("/spec/dataFrom/0/extract").isObject());
          String volume =
              overlay
                  .deployment()
                  .at("/spec/template/spec/volumes")
                  .valueStream()
                  .filter(
                      it -> it.at("/secret/secretName").equals(external.at("/spec/target/name")))
                  .map(it -> it.path("name").asString())
                  .findFirst()
                  .orElseThrow();
          String directory =
              overlay
                  .container()
                  .path("volumeMounts")
                  .valueStream()
                  .filter(it -> it.path("name").asString().equals(volume))
                  .map(it -> it.path("mountPath").asString())
                  .findFirst()
                  .orElseThrow();
          Map<String, String> variables =
              overlay
                  .container()
                  .path("env")
                  .valueStream()
                  .filter(it -> it.has("value"))
                  .collect(
                      Collectors.toMap(
                          it -> it.path("name").asString(), it -> it.path("value").asString()));
          assertEquals(directory, variables.get("CAROL_ENCRYPTION_KEYS_DIRECTORY"));
          assertEquals(directory + "/encryption-key", variables.get("CAROL_ENCRYPTION_KEY_FILE"));
        });
  }

  @EveryOverlay
  void volumesAreMountedWhereTheyAreDeclared(Overlay overlay) {
    overlay
        .workloads()
        .forEach(workload ->
            assertEquals(
                names(
                    Stream.concat(
                        workload.pods().at("/spec/volumes").valueStream(),
                        overlay
                            .ofKind("StatefulSet")
                            .filter(it -> Overlay.title(it).equals(workload.name()))
                            .flatMap(it -> it.at("/spec/volumeClaimTemplates").valueStream())
                            .map(it -> it.path("metadata")))),
                names(workload.containers().flatMap(it -> it.path("volumeMounts").valueStream())),
                workload.name()));
  }

  @EveryOverlay
  void networkPoliciesSpeakOfPodsAndPortsThatExist(Overlay overlay) {
    overlay
        .ofKind("NetworkPolicy")
        .forEach(policy -> {
          JsonNode selector = policy.at("/spec/podSelector");
          assertFalse(podLabels(overlay, selector).isEmpty(), Overlay.title(policy));
          Stream.of("/spec/ingress", "/spec/egress")
              .flatMap(rules -> policy.at(rules).valueStream())
              .flatMap(rule ->
                  Stream.concat(rule.path("from").valueStream(), rule.path("to").valueStream()))
              .filter(peer -> peer.has("podSelector") && !peer.has("namespaceSelector"))
              .forEach(peer ->
                  assertFalse(
                      podLabels(overlay, peer.path("podSelector")).isEmpty(),
                      Overlay.title(policy) + ": " + peer));
          Set<String> ports =
              overlay
                  .workloads()
                  .filter(it -> matches(selector, it.labels()))
                  .flatMap(it -> portNames(it).stream())
                  .collect(Collectors.toSet());
          policy
              .at("/spec/ingress")
              .valueStream()
              .flatMap(rule -> rule.path("ports").valueStream())
              .map(port -> port.path("port"))
              .filter(JsonNode::isString)
              .forEach(port ->
                  assertTrue(ports.contains(port.asString()), Overlay.title(policy) + ": " + port));
        });
  }

  @EveryOverlay
  void routesLeadToAPortOfTheService(Overlay overlay) {
    Set<String> ports =
        overlay
            .ofKind("Service")
            .filter(it -> Overlay.name(it).equals("carol-llm-settings"))
            .flatMap(it -> it.at("/spec/ports").valueStream())
            .map(it -> it.path("port").asString())
            .collect(Collectors.toSet());
    overlay
        .ofKind("HTTPRoute")
        .flatMap(it -> it.at("/spec/rules").valueStream())
        .flatMap(it -> it.path("backendRefs").valueStream())
        .forEach(backend -> {
          assertEquals("carol-llm-settings", backend.path("name").asString());
          assertTrue(ports.contains(backend.path("port").asString()));
        });
  }

  @EveryOverlay
  void metricsAreTakenFromTheService(Overlay overlay) {
    overlay
        .ofKind("PodMonitor")
        .forEach(monitor ->
            assertEquals(
                List.of(overlay.deployment().at("/spec/template/metadata/labels")),
                podLabels(overlay, monitor.at("/spec/selector"))));
  }

  @EveryOverlay
  void everyVariableIsASettingOfTheService(Overlay overlay) {
    Set<String> settings =
        Stream.of(Setting.values()).map(Setting::variable).collect(Collectors.toSet());
    assertEquals(
        List.of(),
        Stream.concat(
                overlay.container().path("env").valueStream().map(it -> it.path("name").asString()),
                overlay.settings().propertyNames().stream())
            .filter(it -> !settings.contains(it))
            .toList());
  }

  private static Stream<String> references(Workload workload) {
    JsonNode spec = workload.pods().path("spec");
    Stream<String> account =
        spec.has("serviceAccountName")
            ? Stream.of("ServiceAccount " + spec.path("serviceAccountName").asString())
            : Stream.empty();
    Stream<String> volumes =
        spec.path("volumes")
            .valueStream()
            .filter(it -> it.has("secret"))
            .map(it -> "Secret " + it.at("/secret/secretName").asString());
    Stream<String> mountedMaps =
        spec.path("volumes")
            .valueStream()
            .filter(it -> it.has("configMap"))
            .map(it -> "ConfigMap " + it.at("/configMap/name").asString());
    Stream<String> maps =
        workload
            .containers()
            .flatMap(it -> it.path("envFrom").valueStream())
            .map(it -> "ConfigMap " + it.at("/configMapRef/name").asString());
    Stream<String> secrets =
        workload
            .containers()
            .flatMap(it -> it.path("env").valueStream())
            .map(it -> it.at("/valueFrom/secretKeyRef"))
            .filter(JsonNode::isObject)
            .map(it -> "Secret " + it.path("name").asString());
    return Stream.of(account, volumes, mountedMaps, maps, secrets).flatMap(all -> all);
  }

  /** The labels of all pods that a selector takes, those of the database operator included. */
  private static List<JsonNode> podLabels(Overlay overlay, JsonNode selector) {
    return Stream.concat(
            overlay.workloads().map(Workload::labels),
            overlay
                .ofKind("Cluster")
                .map(it ->
                    ((ObjectNode) it.at("/spec/inheritedMetadata/labels").deepCopy())
                        .setAll(ownLabels(it))))
        .filter(labels -> matches(selector, labels))
        .toList();
  }

  /** What CloudNativePG writes on every pod of a cluster. */
  private static ObjectNode ownLabels(JsonNode cluster) {
    return new JsonMapper().createObjectNode().put("cnpg.io/cluster", Overlay.name(cluster));
  }

  private static boolean matches(JsonNode selector, JsonNode labels) {
    return containsAll(labels, selector.path("matchLabels"))
        && selector
            .path("matchExpressions")
            .valueStream()
            .allMatch(it -> {
              assertEquals("In", it.path("operator").asString(), "no other operator is in use");
              String value = labels.path(it.path("key").asString()).asString();
              return it.path("values").valueStream().anyMatch(v -> v.asString().equals(value));
            });
  }

  private static boolean containsAll(JsonNode labels, JsonNode wanted) {
    return wanted.properties().stream()
        .allMatch(it -> it.getValue().equals(labels.path(it.getKey())));
  }

  private static Set<String> portNames(Workload workload) {
    return names(workload.containers().flatMap(it -> it.path("ports").valueStream()));
  }

  private static Set<String> names(Stream<JsonNode> named) {
    return named.map(it -> it.path("name").asString()).collect(Collectors.toSet());
  }
}
