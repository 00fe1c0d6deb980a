package io.carol.llm.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Folders of tests and benchmarks, which would otherwise fill the disk run by run. */
public final class TemporaryFolder {
  private TemporaryFolder() {}

  /**
   * Makes a folder that is deleted when this JVM ends. What writes there must have ended before.
   */
  public static Path untilExit(String name) {
    return untilExit(name, folder -> {});
  }

  /**
   * The same.
   *
   * @param end ends what writes in the folder it is given
   */
  static Path untilExit(String name, Consumer<Path> end) {
    try {
      Path folder = Files.createTempDirectory(name);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    try {
                      end.accept(folder);
                    } finally {
                      delete(folder);
                    }
                  },
                  name + "-deleter"));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println("The folder " + folder + " could not be deleted: " + e);
    }
  }
}
