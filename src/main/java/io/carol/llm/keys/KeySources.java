package io.carol.llm.keys;

import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import io.helidon.config.Config;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the configuration says that encryption keys are; an empty text where it says nothing. */
record KeySources(String key, String keyFile, String previous, String directory) {
  private static final String PREVIOUS = "CAROL_ENCRYPTION_KEYS_PREVIOUS";
  private static final String DIRECTORY = "CAROL_ENCRYPTION_KEYS_DIRECTORY";

  /** A key takes 64 bytes at most; the rest is for whitespace around it. */
  private static final int MAX_FILE_BYTES = 1024;

  private static final int MAX_READINGS = 5;

  /**
   * One place where a key should be.
   *
   * @param place as messages name it
   * @param seals whether it is the place of the sealing key
   * @param error why there is no text; null when there is
   */
  record Entry(String place, boolean seals, String text, @Nullable String error) {
    EncryptionKey parse() {
      if (error != null) {
        throw new EncryptionKeyMissingException(place + error);
      }
      return EncryptionKey.parse(place, text);
    }

    /** Without the text. */
    @Override
    public String toString() {
      return place;
    }
  }

  static KeySources of(Config encryption) {
    return new KeySources(
        text(encryption.get("key")),
        text(encryption.get("key.file")),
        text(encryption.get("keys.previous")),
        text(encryption.get("keys.directory")));
  }

  private static String text(Config node) {
    return node.asString().orElse("").strip();
  }

  /** Without the keys. */
  @Override
  public String toString() {
    return "KeySources";
  }

  boolean inFiles() {
    return !keyFile.isEmpty() || !directory.isEmpty();
  }

  /**
   * Every place, the sealing key's first. A Secret that Kubernetes replaces meanwhile would be read
   * half from the old one and half from the new one, so this reads until two readings agree.
   */
  List<Entry> read() {
    List<Entry> entries = readOnce();
    for (int reading = 1; inFiles() && reading < MAX_READINGS; reading++) {
      List<Entry> again = readOnce();
      if (again.equals(entries)) {
        break;
      }
      entries = again;
    }
    return entries;
  }

  private List<Entry> readOnce() {
    List<Entry> entries = new ArrayList<>();
    if (!key.isEmpty()) {
      entries.add(new Entry("CAROL_ENCRYPTION_KEY", true, key, null));
    }
    if (!keyFile.isEmpty()) {
      entries.add(readFile("the file that CAROL_ENCRYPTION_KEY_FILE names", true, keyFile));
    }
    String[] list = previous.split(",", -1);
    for (int i = 0; i < list.length; i++) {
      if (!list[i].isBlank()) {
        entries.add(new Entry("entry " + (i + 1) + " of " + PREVIOUS, false, list[i], null));
      }
    }
    if (!directory.isEmpty()) {
      readDirectory(entries);
    }
    return entries;
  }

  /** Without hidden files: what Kubernetes keeps beside the files of a Secret begins with a dot. */
  private void readDirectory(List<Entry> entries) {
    try (Stream<Path> files = Files.list(Path.of(directory))) {
      files
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .filter(file -> !Files.isDirectory(file))
          .sorted()
          .map(file ->
              readFile("file " + file.getFileName() + " in " + DIRECTORY, false, file.toString()))
          .forEach(entries::add);
    } catch (IOException | UncheckedIOException | InvalidPathException e) {
      entries.add(unreadable("the directory that " + DIRECTORY + " names", false, e));
    }
  }

  private static Entry readFile(String place, boolean seals, String path) {
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        return new Entry(place, seals, "too long to be a key", null);
      }
      // Whatever the bytes are: the parser says what is not a key.
      String text = new String(bytes, StandardCharsets.ISO_8859_1).strip();
      return new Entry(place, seals, text, text.isEmpty() ? " is empty" : null);
    } catch (IOException | InvalidPathException e) {
      return unreadable(place, seals, e);
    }
  }

  /** Without the path, because an operator may have put the key itself there. */
  private static Entry unreadable(String place, boolean seals, Exception e) {
    String reason =
        e instanceof UncheckedIOException ? "IOException" : e.getClass().getSimpleName();
    return new Entry(place, seals, "", " cannot be read (" + reason + ")");
  }
}
