package io.carol.llm.k8s;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carol.llm.testing.Identity;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestBed;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Makes the ahead-of-time cache of the packed jar (JEP 514): runs the service on a real database,
 * has it answer what it will answer every day until the JVM knows which methods that takes (JEP
 * 515), and stops it.
 *
 * <p>Argument: the folder with the launcher, the jar and its libraries, where the cache is written
 * as {@code carol-llm-settings.aot}. It is of use to the Java runtime in {@code JAVA_HOME} alone,
 * which ran the service.
 */
final class TrainingRun {
  private static final int CLIENTS = 16;
  private static final int ROUNDS = 100;
  private static final int GETS_PER_ROUND = 40;

  /** A machine with other work to do makes do with less. */
  private static final Duration MAX_TRAFFIC = Duration.ofSeconds(10);

  private TrainingRun() {}

  public static void main(String[] args) throws Exception {
    Path program = Path.of(args[0]);
    Path cache = program.resolve("carol-llm-settings.aot");
    try (TestBed bed = TestBed.start("carol-training")) {
      Map<String, String> configuration = bed.configuration();
      // As in the manifests: in a file, in the directory of all keys.
      Path keys = Files.createDirectory(bed.folder().resolve("keys"));
      Path key = keys.resolve("encryption-key");
      Files.writeString(key, configuration.remove("carol.encryption.key"));
      configuration.put("carol.encryption.key.file", key.toString());
      configuration.put("carol.encryption.keys.directory", keys.toString());
      configuration.put("carol.shutdown.drain.seconds", "0");
      // The runtime that the cache is for, which need not be the one that runs this.
      configuration.put("java.home", System.getenv("JAVA_HOME"));
      // The path as it was given, because the launcher splits the options at blanks.
      configuration.put("java.opts", "-Xlog:aot*=warning -XX:AOTCacheOutput=" + cache);
      try (ServiceProcess service =
          ServiceProcess.start(
              List.of(program.resolve("carol-llm-settings").toString()), configuration)) {
        service.awaitReady();
        exercise(service, bed.identity());
        service.terminate();
        int exitCode = service.exitCode();
        if (!Files.exists(cache)) {
          throw new IllegalStateException(
              "Exit code " + exitCode + ":\n" + service.out() + service.err());
        }
      }
    }
  }

  private static void exercise(ServiceProcess service, Identity identity) throws Exception {
    long end = System.nanoTime() + MAX_TRAFFIC.toNanos();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        String user = "user-" + client + "-";
        clients.add(
            threads.submit(() -> {
              try (RawHttp connection = new RawHttp(new Socket("localhost", service.port()))) {
                for (int round = 0; round < ROUNDS && System.nanoTime() < end; round++) {
                  exercise(connection, identity.token(user + round));
                }
              }
              return null;
            }));
      }
      while (clients.stream().anyMatch(client -> !client.isDone())) {
        for (String path : List.of("health/ready", "health/live", "health/started", "metrics")) {
          ServiceProcess.status(service.observe("/observe/" + path));
        }
        ServiceProcess.status(service.api("/"));
        ServiceProcess.status(service.api("/openapi"));
        Thread.sleep(50);
      }
      for (Future<?> client : clients) {
        client.get();
      }
    }
  }

  /** What one user does, on a connection that stays open. */
  private static void exercise(RawHttp connection, String token) {
    request(401, connection, "GET", "a.b.c", "");
    request(404, connection, "GET", token, "");
    request(201, connection, "PUT", token, ollama("llama3.2", "\"sk-training-0123456789\""));
    for (int get = 0; get < GETS_PER_ROUND; get++) {
      request(200, connection, "GET", token, "");
    }
    request(200, connection, "PUT", token, ollama("qwen3", "\"sk-training-9876543210\""));
    request(200, connection, "PUT", token, ollama("qwen3", "null"));
    request(422, connection, "PUT", token, ollama("", "\"\""));
    request(204, connection, "DELETE", token, "");
  }

  private static void request(
      int status, RawHttp connection, String method, String token, String body) {
    int answered =
        connection
            .send(
                "%s /api/settings/llm HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                        .formatted(method, token)
                    + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(body.getBytes(UTF_8).length, body))
            .read()
            .status();
    if (status != answered) {
      throw new IllegalStateException("Expected " + status + ", but the answer was " + answered);
    }
  }

  private static String ollama(String model, String apiKey) {
    return """
    {"provider":"openai_compatible","model":"%s","baseUrl":"http://ollama:11434/v1","apiKey":%s}\
    """
        .formatted(model, apiKey);
  }
}
