package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Jar;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The packed program on the oldest PostgreSQL it works with, as Debian packs it: 15. */
final class OldestPostgresIT {
  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15/bin");
  private static final String PASSWORD = "p${HOME} ä€ '\"=&%?#";

  @Test
  void everythingWorksWithAPasswordOfAnyCharacters() throws Exception {
    assumeTrue(
        Files.isExecutable(PROGRAMS.resolve("postgres")),
        "PostgreSQL 15 is not installed in " + PROGRAMS);
    Path folder = Files.createTempDirectory(Path.of("/tmp"), "carol-postgres-15");
    Path data = folder.resolve("data");
    Path password = folder.resolve("password");
    Secrets.write(password, PASSWORD);
    boolean root = System.getProperty("user.name").equals("root");
    if (root) {
      run("chown", "-R", "postgres", folder.toString());
    }
    List<String> asPostgres =
        root
            ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
            : List.of();
    int port = freePort();
    postgres(
        asPostgres,
        "initdb",
        List.of(
            "-D",
            data.toString(),
            "-U",
            "carol",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF-8",
            "--pwfile=" + password));
    postgres(
        asPostgres,
        "pg_ctl",
        List.of(
            "-D",
            data.toString(),
            "-w",
            "-l",
            folder.resolve("log").toString(),
            "-o",
            "-p " + port + " -c unix_socket_directories=" + folder,
            "start"));
    try {
      Map<String, String> configuration =
          TestService.configuration(
              "unused",
              Map.of(
                  "carol.database.url",
                  "jdbc:postgresql://localhost:" + port + "/postgres",
                  "carol.database.user",
                  "carol",
                  "carol.database.password",
                  PASSWORD,
                  "carol.encryption.key",
                  Secrets.encryptionKey(),
                  "lc.all",
                  "C.UTF-8"));
      try (Jar jar = Jar.start(configuration, "migrate")) {
        assertEquals(0, jar.exitCode(), jar::err);
      }
      try (Jar jar = Jar.start(configuration)) {
        jar.awaitReady();
        Api api = new Api(jar.port(), TestService.identity().token("ada"));
        String put = "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-old\"}";
        assertEquals(201, api.put(put).status());
        assertEquals(200, api.put(put, "If-Match", api.get().header("etag")).status());
        assertEquals("true", api.get().text("keyConfigured"));
        assertEquals(204, api.delete().status());
        assertEquals(404, api.get().status());
        jar.terminate();
        assertEquals(0, jar.exitCode(), jar::err);
      }
    } finally {
      postgres(asPostgres, "pg_ctl", List.of("-D", data.toString(), "-m", "fast", "-w", "stop"));
    }
  }

  private static void postgres(List<String> prefix, String program, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(prefix);
    command.add(PROGRAMS.resolve(program).toString());
    command.addAll(arguments);
    run(command.toArray(String[]::new));
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("carol-", ".log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertEquals(0, process.waitFor(), () -> command[0] + " failed, see " + output);
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }
}
