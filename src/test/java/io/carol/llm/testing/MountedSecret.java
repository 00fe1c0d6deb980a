package io.carol.llm.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A Secret as Kubernetes mounts it: its files are links through {@code ..data} into a hidden
 * folder, and change all at one moment.
 */
public final class MountedSecret {
  private final Path folder;
  private int version;

  public MountedSecret(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /** Where a file of it is, or would be. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  public Path folder() {
    return folder;
  }

  /** Puts these files in the place of all that were there. */
  public void set(Map<String, String> textByName) throws IOException {
    version++;
    Path content = Files.createDirectory(folder.resolve("..version-" + version));
    for (Map.Entry<String, String> file : textByName.entrySet()) {
      Secrets.write(content.resolve(file.getKey()), file.getValue());
    }
    Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), content.getFileName());
    Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    for (String name : textByName.keySet()) {
      if (!Files.isSymbolicLink(file(name))) {
        Files.createSymbolicLink(file(name), Path.of("..data", name));
      }
    }
    for (Path file : visible()) {
      if (!textByName.containsKey(file.getFileName().toString())) {
        Files.delete(file);
      }
    }
  }

  private List<Path> visible() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> !file.getFileName().toString().startsWith("..")).toList();
    }
  }
}
