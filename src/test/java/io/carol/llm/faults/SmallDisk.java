package io.carol.llm.faults;

import io.carol.llm.testing.Command;
import io.carol.llm.testing.DebianPackage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A small file system, in memory. */
final class SmallDisk implements AutoCloseable {
  private final Path folder;

  private SmallDisk(Path folder) {
    this.folder = folder;
  }

  /** Skips the test where none can be mounted. */
  static SmallDisk mount(int megabytes) throws IOException {
    Assumptions.assumeTrue(DebianPackage.isRoot(), "Only root can mount a small file system");
    Path folder = Files.createTempDirectory(Path.of("/tmp"), "carol-disk");
    String size = "size=" + megabytes + "m";
    Command mount = Command.run("mount", "-t", "tmpfs", "-o", size, "tmpfs", folder.toString());
    if (mount.exitCode() != 0) {
      Files.delete(folder);
      Assumptions.abort("This machine does not let root mount a file system");
    }
    return new SmallDisk(folder);
  }

  Path folder() {
    return folder;
  }

  /** Takes all the space that is left. */
  void fill() throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(ballast())) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      if (Files.getFileStore(folder).getUsableSpace() >= block.length) {
        throw e;
      }
    }
  }

  /** Gives it back. */
  void free() throws IOException {
    Files.delete(ballast());
  }

  private Path ballast() {
    return folder.resolve("ballast");
  }

  @Override
  public void close() throws IOException {
    Command.run("umount", "--lazy", folder.toString());
    Files.delete(folder);
  }
}
