package io.carol.llm.testing;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Programs that tests put beside the service, as Debian packs them. */
public final class DebianPackage {
  private static final Path APT_GET = Path.of("/usr/bin/apt-get");

  /** Held while the JVMs of this build run apt-get, one after the other. */
  private static final Path LOCK = Path.of("target", "apt-get.lock");

  /** Where Debian has programs that are not on every user's path. */
  private static final List<String> OTHER_FOLDERS = List.of("/usr/sbin");

  private DebianPackage() {}

  /**
   * The absolute path of a program. A package that is missing is installed where root runs the
   * tests on Debian; anywhere else the test is skipped, which says what to install.
   *
   * @param program its name, or its absolute path where only that one will do
   */
  public static synchronized Path program(String program, String debianPackage) {
    Optional<Path> installed = find(program);
    if (installed.isEmpty() && isRoot() && Files.isExecutable(APT_GET)) {
      // The lists of packages are seldom out of date, and fetching them takes longer than the rest.
      if (!install(debianPackage)) {
        aptGet("update");
        install(debianPackage);
      }
      installed = find(program);
    }
    return installed.orElseGet(() ->
        Assumptions.abort(
            "The program %s is missing: install the Debian package %s"
                .formatted(program, debianPackage)));
  }

  /** Whether root runs the tests. */
  public static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static Optional<Path> find(String program) {
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(File.pathSeparator)), OTHER_FOLDERS.stream())
        .map(folder -> Path.of(folder).resolve(program).toAbsolutePath())
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static boolean install(String debianPackage) {
    return aptGet("install", "--yes", "--no-install-recommends", debianPackage);
  }

  private static boolean aptGet(String... arguments) {
    List<String> command = new ArrayList<>();
    // Another test run may be installing as well.
    command.addAll(List.of(APT_GET.toString(), "-o", "DPkg::Lock::Timeout=120"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
    // Services of the package are not wanted; in single-user mode Debian starts none.
    builder.environment().put("RUNLEVEL", "1");
    try (FileChannel lock = FileChannel.open(LOCK, CREATE, WRITE)) {
      // Fetching the lists does not wait for another apt-get: it fails.
      lock.lock();
      Command ended = Command.run(builder);
      if (ended.exitCode() != 0) {
        System.err.println(ended.out() + ended.err());
      }
      return ended.exitCode() == 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
