package io.carol.llm.bench;

import io.carol.llm.testing.Command;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.ServiceProcess;
import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.stream.Collectors;

/** What figures were measured on, as text. */
final class Setting {
  private Setting() {}

  /**
   * A line each: the machine, the service, PostgreSQL, the Node.js service.
   *
   * @param fastify the folder the Node.js service was installed in
   */
  static String of(Postgres postgres, Path fastify) throws IOException {
    return String.join("\n", machine(), service(), postgres(postgres), node(fastify));
  }

  private static String machine() throws IOException {
    Path file = Path.of("/proc/cpuinfo");
    String model =
        Files.exists(file)
            ? Files.readAllLines(file).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.replaceFirst(".*: ", ""))
                .findFirst()
                .orElse("unknown processor")
            : System.getProperty("os.arch");
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return "%s, %d processors, %.1f GB of memory, %s %s"
        .formatted(
            model,
            system.getAvailableProcessors(),
            system.getTotalMemorySize() / 1e9,
            system.getName(),
            system.getVersion());
  }

  private static String service() throws IOException {
    try (JarFile jar = new JarFile(ServiceProcess.JAR.toFile())) {
      return "Service %s, Java %s, %s %s"
          .formatted(
              jar.getManifest().getMainAttributes().getValue("Implementation-Version"),
              Runtime.version(),
              Files.readAllLines(Path.of("target/java.args")).stream()
                  .filter(line -> line.startsWith("-"))
                  .collect(Collectors.joining(" ")),
              ServiceBenchmark.JAVA.getLast());
    }
  }

  private static String postgres(Postgres postgres) {
    return postgres.sqlValue(
        "postgres",
        "SELECT split_part(version(), ' on ', 1) || ', '"
            + " || string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings"
            + " WHERE name IN ('fsync', 'synchronous_commit', 'shared_buffers')");
  }

  private static String node(Path fastify) throws IOException {
    try (JsonReader json =
        Json.createReader(Files.newBufferedReader(fastify.resolve("package.json")))) {
      return "Node.js "
          + Command.run("node", "--version").output()
          + ", "
          + json.readObject().getJsonObject("dependencies");
    }
  }
}
