package io.carol.llm.k8s;

import io.carol.llm.testing.Identity;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TemporaryFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Makes the ahead-of-time cache of the packed jar (JEP 514): runs the service on a real database,
 * has it answer what it will answer every day, and stops it.
 *
 * <p>Arguments: the cache to write, then the command that runs the service. The same command, with
 * {@code -XX:AOTCache=} before it, starts from the cache; the Java runtime, the jar, its libraries
 * and the garbage collector must be the same ones.
 */
final class TrainingRun {
  private static final String SETTINGS = "/api/settings/llm";
  private static final int ROUNDS = 50;

  private TrainingRun() {}

  public static void main(String[] args) throws Exception {
    Path cache = Path.of(args[0]);
    List<String> command = new ArrayList<>(List.of(args).subList(1, args.length));
    command.add(1, "-XX:AOTCacheOutput=" + cache);
    Path folder = TemporaryFolder.untilExit("carol-training");
    Identity identity = Identity.in(folder);
    try (Postgres postgres =
        Postgres.start(folder.resolve("postgres"), folder.resolve("postgres.log"))) {
      Map<String, String> configuration =
          ServiceProcess.configuration(identity, postgres.url("postgres"));
      // As in the manifests: in a file, in the directory of all keys.
      Path keys = Files.createDirectory(folder.resolve("keys"));
      Path key = keys.resolve("encryption-key");
      Files.writeString(key, configuration.remove("carol.encryption.key"));
      configuration.put("carol.encryption.key.file", key.toString());
      configuration.put("carol.encryption.keys.directory", keys.toString());
      try (ServiceProcess service = ServiceProcess.start(command, configuration)) {
        service.awaitReady();
        for (int round = 0; round < ROUNDS; round++) {
          exercise(service, identity.token("user-" + round));
        }
        service.terminate();
        int exitCode = service.awaitExit();
        if (!Files.exists(cache)) {
          throw new IllegalStateException("Exit code " + exitCode + ":\n" + service.log());
        }
      }
    }
  }

  private static void exercise(ServiceProcess service, String token) throws Exception {
    String[] bearer = {"Authorization", "Bearer " + token};
    String[] json = {"Authorization", "Bearer " + token, "Content-Type", "application/json"};
    expect(401, service.send("GET", SETTINGS, null).statusCode());
    expect(404, service.send("GET", SETTINGS, null, bearer).statusCode());
    expect(
        201,
        service.send("PUT", SETTINGS, ollama("llama3.2", "\"sk-training\""), json).statusCode());
    expect(200, service.send("GET", SETTINGS, null, bearer).statusCode());
    expect(200, service.send("PUT", SETTINGS, ollama("qwen3", "null"), json).statusCode());
    expect(422, service.send("PUT", SETTINGS, ollama("", "\"\""), json).statusCode());
    expect(204, service.send("DELETE", SETTINGS, null, bearer).statusCode());
    expect(200, service.send("GET", "/openapi", null).statusCode());
    for (String path : List.of("health/ready", "health/live", "health/started", "metrics")) {
      ServiceProcess.status(service.observe("/observe/" + path));
    }
  }

  private static String ollama(String model, String apiKey) {
    return """
    {"provider":"openai_compatible","model":"%s","baseUrl":"http://ollama:11434/v1","apiKey":%s}\
    """
        .formatted(model, apiKey);
  }

  private static void expect(int status, int answered) {
    if (status != answered) {
      throw new IllegalStateException("Expected " + status + ", but the answer was " + answered);
    }
  }
}
