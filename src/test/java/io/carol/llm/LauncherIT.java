package io.carol.llm;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code target/carol-llm-settings} starts, and from which folder. */
final class LauncherIT {
  private static final Path TARGET = Path.of("target");
  private static final String LAUNCHER = "carol-llm-settings";

  private record Ended(int exitCode, String out) {}

  @TempDir private Path folder;

  /** As {@code cp -a} does, into a folder with a blank in its name. */
  private Path copied() throws IOException {
    Path copy = folder.resolve("a copy");
    Files.createDirectories(copy.resolve("libs"));
    try (Stream<Path> files = Files.walk(TARGET, 2)) {
      for (Path file :
          files
              .map(TARGET::relativize)
              .filter(it -> it.toString().matches("libs/.*|java\\.args|carol-llm-settings.*"))
              .toList()) {
        Files.copy(TARGET.resolve(file), copy.resolve(file), COPY_ATTRIBUTES);
      }
    }
    return copy;
  }

  @Test
  void itIsStartedFromItsCacheThroughALinkAndFromAnyFolder() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), copied().resolve(LAUNCHER));
    Ended ended = run(link, "-XX:AOTMode=on -Xlog:class+load", "version");
    assertEquals(0, ended.exitCode, ended.out);
    assertEquals(List.of(), notFromTheCache(ended));
  }

  @Test
  void aCacheOfAnotherJarIsNotUsed() throws Exception {
    Path copy = copied();
    try (FileSystem jar = FileSystems.newFileSystem(copy.resolve("libs").resolve(oneLibrary()))) {
      Files.writeString(jar.getPath("another"), "version");
    }
    Ended ended = run(copy.resolve(LAUNCHER), "-Xlog:class+load", "version");
    assertEquals(0, ended.exitCode, ended.out);
    assertNotEquals(List.of(), notFromTheCache(ended));
  }

  @Test
  void aCacheThatTheJvmRefusesIsPassedOverInSilence() throws Exception {
    Path copy = copied();
    Files.writeString(copy.resolve("carol-llm-settings.aot"), "of another Java runtime");
    Ended ended = run(copy.resolve(LAUNCHER), "", "version");
    assertEquals(0, ended.exitCode, ended.out);
    assertEquals(1, ended.out.lines().count(), ended.out);
  }

  @Test
  void theOperatorsOptionsCountMore() throws Exception {
    Ended ended =
        run(
            copied().resolve(LAUNCHER),
            "-Xmx200m -XX:+PrintFlagsFinal -XX:-UsePerfData",
            "version");
    assertTrue(ended.out.matches("(?s).* MaxHeapSize += 209715200 .*"), ended.out);
  }

  private static List<String> notFromTheCache(Ended ended) {
    List<String> own =
        ended
            .out
            .lines()
            .filter(line -> line.matches(".*\\[class,load *\\] io\\.carol\\.llm\\..*"))
            .toList();
    assertNotEquals(List.of(), own);
    return own.stream().filter(line -> !line.contains("shared objects file")).toList();
  }

  private static String oneLibrary() throws IOException {
    try (Stream<Path> libraries = Files.list(TARGET.resolve("libs"))) {
      return libraries.findAny().orElseThrow().getFileName().toString();
    }
  }

  private Ended run(Path launcher, String options, String command)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    ProcessBuilder program = new ProcessBuilder(launcher.toString(), command);
    program.directory(folder.toFile()).redirectErrorStream(true).redirectOutput(out.toFile());
    program.environment().put("JAVA_HOME", System.getProperty("java.home"));
    program.environment().put("JAVA_OPTS", options);
    Process process = program.start();
    try {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      return new Ended(process.exitValue(), Files.readString(out));
    } finally {
      process.destroyForcibly();
    }
  }
}
