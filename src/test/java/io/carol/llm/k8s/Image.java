package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.testing.Command;
import io.carol.llm.testing.DebianPackage;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The container image as {@code make image} builds it of this build's jar, on bases made of Debian
 * packages, so that no registry is needed.
 *
 * @param root its file system, which no container may change
 * @param configuration its {@code config} in the terms of the OCI image specification
 */
record Image(Path root, JsonNode configuration) {
  static final String VERSION = "0.0.0";

  // Two JVMs may build their images at the same time, and each removes its own.
  private static final String TAG = "test-" + ProcessHandle.current().pid();
  private static final String NAME = "localhost/carol-llm-settings-" + TAG + ":" + VERSION;
  // As k8s/debian-bases.sh calls them.
  private static final String IMAGE_BASE = "localhost/carol-image-base:" + TAG;
  private static final String BUILD_BASE = "localhost/carol-build-base:" + TAG;
  private static final String SECRETS = "/run/secrets/carol/";
  private static final JsonMapper JSON = new JsonMapper();

  /** As k8s/debian-bases.sh ends without packages; EX_UNAVAILABLE of sysexits.h. */
  private static final int CANNOT_FETCH = 69;

  private static final Queue<String> CONTAINERS = new ConcurrentLinkedQueue<>();
  private static final FutureTask<Image> BUILD = new FutureTask<>(Image::build);

  /** Built at first use and deleted with the JVM; skips the test where it cannot be built. */
  static synchronized Image built() {
    assumeTrue(
        DebianPackage.isRoot() && Files.isExecutable(Path.of("/usr/bin/dpkg-deb")),
        "The image is not checked: that takes root on Debian.");
    assumeTrue(
        mayMakeNamespaces(),
        "The image is not checked: this machine does not let root make namespaces.");
    DebianPackage.program("buildah", "buildah");
    DebianPackage.program("runc", "runc");
    BUILD.run();
    if (BUILD.state() == Future.State.SUCCESS) {
      return BUILD.resultNow();
    }
    if (BUILD.exceptionNow() instanceof TestAbortedException skipped) {
      throw skipped;
    }
    throw new IllegalStateException("The image could not be built", BUILD.exceptionNow());
  }

  /** Of which everything here was built. */
  static String commit() {
    return System.getProperty("commit", "unknown");
  }

  /** The deployment all environments share. */
  static JsonNode deployment() {
    return new YAMLMapper().readTree(Path.of("k8s/base/deployment.yaml").toFile());
  }

  /**
   * Starts a container as the deployment does: with this image's own user and command, a read-only
   * file system and no privileges, in the host's network.
   *
   * @param configuration by configuration key; the encryption key and the identity provider's keys
   *     come as files
   * @param jvmOptions beside those of the image
   */
  ServiceProcess start(Map<String, String> configuration, String jvmOptions) {
    try {
      Path bundle = TemporaryFolder.untilExit("carol-container");
      Map<String, String> inContainer = ServiceProcess.withPorts(configuration);
      inContainer.remove("carol.encryption.key");
      inContainer.put("carol.encryption.key.file", SECRETS + "encryption-key");
      inContainer.put("carol.auth.jwks", SECRETS + "jwks.json");
      Path key = bundle.resolve("encryption-key");
      Secrets.write(key, configuration.getOrDefault("carol.encryption.key", ""));
      giveTo(userId(), key);
      List<Map<String, Object>> mounts =
          List.of(
              mount("proc", "/proc", "proc"),
              mount("tmpfs", "/dev", "tmpfs", "nosuid", "mode=755", "size=64k"),
              mount("tmpfs", "/tmp", "tmpfs", "nosuid", "nodev", "mode=1777", "size=16m"),
              mount("bind", "/etc/hosts", "/etc/hosts", "bind", "ro"),
              mount("bind", SECRETS + "encryption-key", key.toString(), "bind", "ro"),
              mount(
                  "bind",
                  SECRETS + "jwks.json",
                  configuration.getOrDefault("carol.auth.jwks", ""),
                  "bind",
                  "ro"));
      String id = bundle.getFileName().toString();
      CONTAINERS.add(id);
      inContainer.put("jdk.java.options", jvmOptions);
      JSON.writeValue(
          bundle.resolve("config.json").toFile(),
          bundle(ServiceProcess.variables(inContainer), mounts));
      return ServiceProcess.start(
          List.of("runc", "run", "--bundle", bundle.toString(), id), inContainer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The OCI runtime specification's configuration of a container. */
  private Map<String, Object> bundle(
      Map<String, String> variables, List<Map<String, Object>> mounts) {
    List<String> command = new ArrayList<>();
    Stream.of("Entrypoint", "Cmd")
        .flatMap(part -> configuration.path(part).valueStream())
        .forEach(word -> command.add(word.asString()));
    long memory =
        mebibytes(
            deployment().at("/spec/template/spec/containers/0/resources/limits/memory").asString());
    return Map.of(
        "ociVersion", "1.0.2",
        "root", Map.of("path", root.toString(), "readonly", true),
        "mounts", mounts,
        "process",
            Map.of(
                "user",
                Map.of("uid", userId(), "gid", userId()),
                "args",
                command,
                "cwd",
                "/",
                "env",
                variables.entrySet().stream()
                    .map(variable -> variable.getKey() + "=" + variable.getValue())
                    .toList(),
                "capabilities",
                Map.of(),
                "noNewPrivileges",
                true),
        "linux",
            Map.of(
                "namespaces",
                    Stream.of("pid", "ipc", "uts", "mount")
                        .map(type -> Map.of("type", type))
                        .toList(),
                "resources", Map.of("memory", Map.of("limit", memory))));
  }

  private static boolean mayMakeNamespaces() {
    return Command.run("unshare", "--mount", "--pid", "--fork", "true").exitCode() == 0;
  }

  private static Map<String, Object> mount(
      String type, String destination, String source, String... options) {
    return Map.of(
        "type", type, "destination", destination, "source", source, "options", List.of(options));
  }

  /** The user it is run as; a container engine cannot tell that a name is not root's. */
  int userId() {
    return Integer.parseInt(configuration.path("User").asString().replaceFirst(":.*", ""));
  }

  private static long mebibytes(String quantity) {
    return Long.parseLong(quantity.replace("Mi", "")) * 1024 * 1024;
  }

  /** As Kubernetes does with a Secret's files: read by the group of the pod. */
  private static void giveTo(int user, Path file) throws IOException {
    Files.setAttribute(file, "unix:gid", user);
    Files.setAttribute(file, "unix:mode", 0440);
  }

  private static Image build() {
    Runtime.getRuntime().addShutdownHook(new Thread(Image::clear, "image-closer"));
    Command bases = run("k8s/debian-bases.sh", TAG);
    assumeTrue(
        bases.exitCode() != CANNOT_FETCH,
        "The image is not checked: its bases are made of Debian packages, and none can be fetched.");
    bases.output();
    run(
            "make",
            // The very jar that the other tests are about.
            "--old-file=package",
            "image",
            "IMAGE_ENGINE=buildah",
            "IMAGE=" + NAME,
            "IMAGE_BASE=" + IMAGE_BASE,
            "BUILD_BASE=" + BUILD_BASE,
            "COMMIT=" + commit())
        .output();
    String container = run("buildah", "from", "--pull-never", NAME).output();
    Path root = Path.of(run("buildah", "mount", container).output());
    String inspected = run("buildah", "inspect", "--type", "image", NAME).output();
    return new Image(root, JSON.readTree(inspected).at("/OCIv1/config"));
  }

  private static Command run(String... command) {
    ProcessBuilder program = new ProcessBuilder(command);
    // Those of the make that runs the tests.
    program.environment().keySet().removeIf(name -> name.matches("MAKEFLAGS|MAKELEVEL|MFLAGS"));
    program.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return Command.run(program);
  }

  private static void clear() {
    CONTAINERS.forEach(id -> run("runc", "delete", "--force", id));
    // By force: with the container that is mounted.
    run("buildah", "rmi", "--force", NAME, IMAGE_BASE, BUILD_BASE);
  }
}
