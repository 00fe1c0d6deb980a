package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.k8s.Overlay.Workload;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import tools.jackson.databind.JsonNode;

/** The rules of an operator of clusters, each with its reason. */
final class PolicyTest {
  private static final Pattern PINNED =
      Pattern.compile(".+(:v?\\d+(\\.\\d+)+[\\w.-]*|@sha256:[0-9a-f]{64})");
  // Where keys are, or that one is required, is no secret.
  private static final Pattern SECRET =
      Pattern.compile("(?i)password|secret|token|(?<!requires_)keys?(?!.*_(file|directory))");

  /** The names of what breaks a rule must be none; the rule's reason is in the message. */
  private static void none(Stream<String> breaking, String because) {
    assertEquals(List.of(), breaking.toList(), because);
  }

  private static Stream<String> pods(Overlay overlay, Predicate<JsonNode> breaking) {
    return overlay
        .workloads()
        .filter(it -> breaking.test(it.pods().path("spec")))
        .map(Workload::name);
  }

  private static Stream<String> containers(Overlay overlay, Predicate<JsonNode> breaking) {
    return overlay.workloads().filter(it -> it.containers().anyMatch(breaking)).map(Workload::name);
  }

  /** Pod Security Standards, "restricted", and a read-only root file system. */
  @Nested
  final class PodSecurity {
    @EveryOverlay
    void noContainerRunsAsRoot(Overlay overlay) {
      none(
          pods(
              overlay,
              it ->
                  !it.at("/securityContext/runAsNonRoot").asBoolean(false)
                      || it.at("/securityContext/runAsUser").asInt(0) == 0),
          "root in a container is root on the node when the container is left");
    }

    @EveryOverlay
    void systemCallsAreFiltered(Overlay overlay) {
      none(
          pods(
              overlay,
              it ->
                  !it.at("/securityContext/seccompProfile/type")
                      .asString()
                      .equals("RuntimeDefault")),
          "most ways out of a container go through calls that no service makes");
    }

    @EveryOverlay
    void nothingOfTheNodeIsShared(Overlay overlay) {
      none(
          pods(
              overlay,
              it ->
                  Stream.of("hostNetwork", "hostPID", "hostIPC")
                          .anyMatch(name -> it.path(name).asBoolean(false))
                      || it.path("volumes")
                          .valueStream()
                          .anyMatch(volume ->
                              !Set.of("secret", "configMap", "emptyDir", "projected")
                                  .containsAll(
                                      volume.propertyNames().stream()
                                          .filter(name -> !name.equals("name"))
                                          .toList()))),
          "a pod must see nothing of its node");
    }

    @EveryOverlay
    void containersHaveNoPrivileges(Overlay overlay) {
      none(
          containers(
              overlay,
              it ->
                  it.at("/securityContext/allowPrivilegeEscalation").asBoolean(true)
                      || it.at("/securityContext/privileged").asBoolean(false)
                      || !it.at("/securityContext/capabilities")
                          .toString()
                          .equals("{\"drop\":[\"ALL\"]}")),
          "none of them needs any, nor a way to get some");
    }

    @EveryOverlay
    void theRootFileSystemIsReadOnly(Overlay overlay) {
      none(
          containers(
              overlay, it -> !it.at("/securityContext/readOnlyRootFilesystem").asBoolean(false)),
          "an attacker in the container must find nowhere to leave a program");
    }

    @EveryOverlay
    void noPodGetsATokenForTheKubernetesApi(Overlay overlay) {
      none(
          Stream.concat(
              pods(overlay, it -> it.path("automountServiceAccountToken").asBoolean(true)),
              overlay
                  .ofKind("ServiceAccount")
                  .filter(it -> it.path("automountServiceAccountToken").asBoolean(true))
                  .map(Overlay::title)),
          "nothing here talks to the Kubernetes API");
    }

    @EveryOverlay
    void theNamesOfOtherServicesStayOutOfTheEnvironment(Overlay overlay) {
      none(
          pods(overlay, it -> it.path("enableServiceLinks").asBoolean(true)),
          "a Service named carol-... would set variables that look like settings");
    }
  }

  @Nested
  final class Secrets {
    @EveryOverlay
    void noSecretIsInTheRepository(Overlay overlay) {
      none(
          overlay.ofKind("Secret").map(Overlay::title),
          "a Secret that is rendered from here is a secret in the repository");
    }

    @EveryOverlay
    void noSecretIsALiteral(Overlay overlay) {
      Stream<String> literals =
          overlay
              .workloads()
              .flatMap(Workload::containers)
              .flatMap(it -> it.path("env").valueStream())
              .filter(it -> it.has("value"))
              .map(it -> it.path("name").asString());
      Stream<String> inConfigMaps =
          overlay.ofKind("ConfigMap").flatMap(it -> it.path("data").propertyNames().stream());
      none(
          Stream.concat(literals, inConfigMaps).filter(it -> SECRET.matcher(it).find()),
          "every operator with read access to a Deployment or ConfigMap would see it");
    }

    @EveryOverlay
    void mountedSecretsAreForTheServiceAlone(Overlay overlay) {
      none(
          pods(
              overlay,
              it ->
                  it.path("volumes")
                      .valueStream()
                      .filter(volume -> volume.has("secret"))
                      .anyMatch(volume ->
                          volume.at("/secret/defaultMode").asInt(0644) != 0440
                              || !it.at("/securityContext/fsGroup").isInt())),
          "the default lets every user of the container read them");
    }
  }

  @Nested
  final class Network {
    @EveryOverlay
    void noPolicySelectsPodsOfOtherPrograms(Overlay overlay) {
      none(
          overlay
              .ofKind("NetworkPolicy")
              .filter(it ->
                  !it.at("/spec/podSelector/matchLabels")
                      .path("app.kubernetes.io/name")
                      .asString()
                      .equals("carol-llm-settings"))
              .map(Overlay::title),
          "the namespace may hold other programs, whose traffic is not for these manifests to cut");
    }
  }

  @Nested
  final class Resources {
    @EveryOverlay
    void requestsAndLimitsAreStated(Overlay overlay) {
      none(
          containers(
              overlay,
              it ->
                  Stream.of("requests", "limits")
                      .map(it.path("resources")::path)
                      .anyMatch(stated ->
                          !Set.of("cpu", "memory", "ephemeral-storage")
                              .equals(Set.copyOf(stated.propertyNames())))),
          "without them one container can take a node from all others");
    }

    @EveryOverlay
    void theServiceIsNeverKilledForMemoryItWasPromised(Overlay overlay) {
      JsonNode resources = overlay.container().path("resources");
      assertEquals(
          resources.at("/limits/memory"),
          resources.at("/requests/memory"),
          "memory above the request is taken back by killing");
    }

    @EveryOverlay
    void emptyDirsAreBounded(Overlay overlay) {
      none(
          pods(
              overlay,
              it ->
                  it.path("volumes")
                      .valueStream()
                      .anyMatch(volume ->
                          volume.has("emptyDir") && !volume.path("emptyDir").has("sizeLimit"))),
          "a full node evicts its pods");
    }

    @EveryOverlay
    void imagesArePinned(Overlay overlay) {
      none(
          containers(overlay, it -> !PINNED.matcher(it.path("image").asString()).matches()),
          "a tag that moves makes two replicas of one Deployment different programs");
    }
  }

  @Nested
  final class Rollout {
    @EveryOverlay
    void aRolloutTakesNoReplicaAwayBeforeItsSuccessorIsReady(Overlay overlay) {
      JsonNode strategy = overlay.deployment().at("/spec/strategy");
      assertEquals("RollingUpdate", strategy.path("type").asString());
      assertEquals("0", strategy.at("/rollingUpdate/maxUnavailable").asString());
    }

    @EveryOverlay
    void aReplicaHasTheTimeToStopInGoodOrder(Overlay overlay) {
      int preStop = overlay.container().at("/lifecycle/preStop/sleep/seconds").asInt(0);
      int drain = overlay.settings().path("CAROL_SHUTDOWN_DRAIN_SECONDS").asInt();
      int longestRequest = 10;
      assertTrue(preStop > 0, "proxies learn of the end at the same moment as the container");
      assertTrue(
          overlay.deployment().at("/spec/template/spec/terminationGracePeriodSeconds").asInt()
              > preStop + drain + longestRequest,
          "when the grace period is over, requests under way are killed");
    }

    @EveryOverlay
    void theAutoscalerAloneDecidesHowManyReplicasThereAre(Overlay overlay) {
      overlay
          .ofKind("HorizontalPodAutoscaler")
          .forEach(autoscaler -> {
            assertTrue(
                overlay.deployment().at("/spec/replicas").isMissingNode(),
                "every apply would undo what the autoscaler did");
            JsonNode target = autoscaler.at("/spec/scaleTargetRef");
            assertEquals("Deployment", target.path("kind").asString());
            assertEquals(Overlay.name(overlay.deployment()), target.path("name").asString());
          });
    }

    @EveryOverlay
    void everyJobRunsTheProgramOfTheReplicasWithTheirSettings(Overlay overlay) {
      overlay
          .workloads()
          .filter(it -> it.name().startsWith("Job "))
          .flatMap(Workload::containers)
          .forEach(container -> {
            assertEquals(overlay.container().path("image"), container.path("image"));
            assertEquals(overlay.container().path("envFrom"), container.path("envFrom"));
            assertEquals(overlay.container().path("env"), container.path("env"));
          });
    }
  }

  @Nested
  final class Availability {
    @EveryOverlay
    void aDrainedNodeTakesOneReplicaAtATime(Overlay overlay) {
      List<JsonNode> budgets = overlay.ofKind("PodDisruptionBudget").toList();
      assertEquals(1, budgets.size());
      JsonNode spec = budgets.getFirst().path("spec");
      assertEquals("1", spec.path("maxUnavailable").asString());
      assertEquals(overlay.deployment().at("/spec/selector"), spec.path("selector"));
    }

    @EveryOverlay
    void replicasAreSpreadOverZonesAndNodes(Overlay overlay) {
      assertEquals(
          Set.of("topology.kubernetes.io/zone", "kubernetes.io/hostname"),
          overlay
              .deployment()
              .at("/spec/template/spec/topologySpreadConstraints")
              .valueStream()
              .filter(
                  it -> it.path("labelSelector").equals(overlay.deployment().at("/spec/selector")))
              .map(it -> it.path("topologyKey").asString())
              .collect(Collectors.toSet()));
    }

    @EveryOverlay
    void theConnectionsOfAllReplicasFitIntoTheDatabase(Overlay overlay) {
      // What PostgreSQL allows unless told otherwise, less the three it keeps for superusers.
      int allowed =
          overlay
                  .ofKind("Cluster")
                  .findFirst()
                  .map(it -> it.at("/spec/postgresql/parameters/max_connections").asInt())
                  .orElse(100)
              - 3;
      int replicas =
          overlay
              .ofKind("HorizontalPodAutoscaler")
              .findFirst()
              .map(it -> it.at("/spec/maxReplicas").asInt())
              .orElse(1);
      int pool = overlay.settings().path("CAROL_DATABASE_POOL_SIZE").asInt();
      int duringRollout = replicas + 1;
      int migration = 3;
      assertTrue(
          duringRollout * pool + migration <= allowed,
          "the last replicas of a full scale-out would never be ready");
    }
  }
}
