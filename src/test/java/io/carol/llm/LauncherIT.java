package io.carol.llm;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code target/carol-llm-settings} starts, and from which folder. */
final class LauncherIT {
  private static final Path TARGET = Path.of("target");
  private static final String LAUNCHER = "carol-llm-settings";

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
    ServiceProcess version = version(link, "-XX:AOTMode=on -Xlog:class+load");
    assertEquals(0, version.exitCode(), version::err);
    assertEquals(List.of(), notFromTheCache(version));
  }

  @Test
  void aCacheOfAnotherJarIsNotUsed() throws Exception {
    Path copy = copied();
    try (FileSystem jar = FileSystems.newFileSystem(copy.resolve("libs").resolve(oneLibrary()))) {
      Files.writeString(jar.getPath("another"), "version");
    }
    ServiceProcess version = version(copy.resolve(LAUNCHER), "-Xlog:class+load");
    assertEquals(0, version.exitCode(), version::err);
    assertNotEquals(List.of(), notFromTheCache(version));
  }

  @Test
  void aCacheThatTheJvmRefusesIsPassedOverInSilence() throws Exception {
    Path copy = copied();
    Files.writeString(copy.resolve("carol-llm-settings.aot"), "of another Java runtime");
    ServiceProcess version = version(copy.resolve(LAUNCHER), "");
    assertEquals(0, version.exitCode(), version::err);
    assertEquals(1, version.out().lines().count(), version::out);
    assertEquals("", version.err());
  }

  @Test
  void theOperatorsOptionsCountMore() throws Exception {
    ServiceProcess version =
        version(
            TARGET.resolve(LAUNCHER).toAbsolutePath(),
            "-Xmx200m -XX:+PrintFlagsFinal -XX:-UsePerfData");
    assertTrue(version.out().matches("(?s).* MaxHeapSize += 209715200 .*"), version::out);
  }

  private static List<String> notFromTheCache(ServiceProcess version) {
    List<String> own =
        version
            .out()
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

  /** Runs the version command from another folder, to its end. */
  private static ServiceProcess version(Path launcher, String options) {
    List<String> command = List.of("sh", "-c", "cd / && exec \"$0\" version", launcher.toString());
    try (ServiceProcess version = ServiceProcess.start(command, Map.of("java.opts", options))) {
      version.exitCode();
      return version;
    }
  }
}
