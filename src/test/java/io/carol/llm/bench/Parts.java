package io.carol.llm.bench;

import io.carol.llm.crypto.KeyRing;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The statements of the service, run by pgbench. */
final class Parts {
  private final int port;
  private final Path find;
  private final Path save;
  private final Map<String, String> parameters;

  /**
   * @param step between the ids of two users
   * @param sealed what to store as a key
   */
  Parts(Path folder, int port, int step, String sealed) throws IOException {
    Config statements = Config.just(ConfigSources.classpath("sql/statements.yaml"));
    String user = "\\set n random(1, 10000)\n\\set user_id :n * %d\n".formatted(step);
    this.port = port;
    this.find = folder.resolve("find.sql");
    this.save = folder.resolve("save.sql");
    // pgbench has the same notation for parameters, but no way to give NULL for one.
    Files.writeString(find, user + statements.get("find").asString().get() + ";\n");
    Files.writeString(
        save,
        user
            + statements
                .get("save")
                .asString()
                .get()
                .replace(":if_none_match", "CAST(NULL AS text)")
                .replace(":if_match", "CAST(NULL AS text)")
            + ";\n");
    this.parameters =
        Map.of(
            "kid", KeyRing.kidOf(sealed),
            "provider", "openai_compatible",
            "model", "llama3.2",
            "base_url", "http://ollama:11434/v1",
            "base_url_origin", "http://ollama:11434",
            "keep_key", "false",
            "api_key_ciphertext", sealed);
  }

  /** The read of a GET, per second. */
  double find(int seconds) {
    return Load.pgbench(port, find, seconds, Map.of());
  }

  /** The write of a PUT with a key, per second. */
  double save(int seconds) {
    return Load.pgbench(port, save, seconds, parameters);
  }
}
