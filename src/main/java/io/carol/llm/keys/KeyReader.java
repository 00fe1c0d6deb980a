package io.carol.llm.keys;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.KeyRing;
import io.helidon.config.Config;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the encryption keys from every configured place. A place without a usable key is reported,
 * and the keys of the other places are used.
 */
final class KeyReader {
  private static final String PREVIOUS = "CAROL_ENCRYPTION_KEYS_PREVIOUS";
  private static final String DIRECTORY = "CAROL_ENCRYPTION_KEYS_DIRECTORY";

  /** A key takes 64 bytes at most; the rest is for whitespace around it. */
  private static final int MAX_FILE_BYTES = 1024;

  private static final int MAX_READINGS = 5;

  private final Map<String, EncryptionKey> keys = new LinkedHashMap<>();
  private final Map<String, List<String>> places = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();
  private @Nullable EncryptionKey sealing;
  private @Nullable CryptoException failure;

  private KeyReader() {}

  /**
   * Reads all places until two readings agree, at most 5 times. While Kubernetes replaces a Secret,
   * one reading could take half of the old Secret and half of the new one.
   */
  static ConfiguredKeys read(Config config) {
    ConfiguredKeys last = new KeyReader().readOnce(config);
    for (int reading = 1; reading < MAX_READINGS; reading++) {
      ConfiguredKeys next = new KeyReader().readOnce(config);
      if (next.places().equals(last.places()) && next.problems().equals(last.problems())) {
        break;
      }
      last = next;
    }
    return last;
  }

  private ConfiguredKeys readOnce(Config config) {
    String key = value(config, "key");
    String keyFile = value(config, "key.file");
    if (!key.isEmpty()) {
      add("CAROL_ENCRYPTION_KEY", true, () -> key);
    }
    if (!keyFile.isEmpty()) {
      String place = "the file that CAROL_ENCRYPTION_KEY_FILE names";
      add(place, true, () -> text(place, keyFile));
    }
    String[] entries = value(config, "keys.previous").split(",", -1);
    for (int i = 0; i < entries.length; i++) {
      String entry = entries[i];
      if (!entry.isBlank()) {
        add("entry " + (i + 1) + " of " + PREVIOUS, false, () -> entry);
      }
    }
    String directory = value(config, "keys.directory");
    if (!directory.isEmpty()) {
      addDirectory(directory);
    }
    if (!key.isEmpty() && !keyFile.isEmpty()) {
      sealing = null;
      failure =
          new CryptoException(
              Reason.KEY_MALFORMED,
              "Both CAROL_ENCRYPTION_KEY and CAROL_ENCRYPTION_KEY_FILE are set: unset one of them");
      problems.add(failure.getMessage());
    } else if (sealing == null && failure == null) {
      failure =
          new CryptoException(
              Reason.KEY_MISSING,
              "No encryption key is configured to seal with: set CAROL_ENCRYPTION_KEY or"
                  + " CAROL_ENCRYPTION_KEY_FILE to the key of this database. For a new database,"
                  + " `openssl rand -base64 32` makes one");
      problems.add(failure.getMessage());
    }
    KeyRing ring = KeyRing.of(sealing, List.copyOf(keys.values()));
    return new ConfiguredKeys(ring, places, List.copyOf(problems), failure);
  }

  private static String value(Config config, String key) {
    return config.get(key).asString().orElse("").strip();
  }

  private void add(String place, boolean seals, Supplier<String> text) {
    try {
      EncryptionKey key = EncryptionKey.parse(place, text.get());
      if (!keys.computeIfAbsent(key.kid(), kid -> key).equals(key)) {
        throw new CryptoException(
            Reason.KEY_MALFORMED,
            place + " holds another key with the id " + key.kid() + ": make a new key");
      }
      places.computeIfAbsent(key.kid(), kid -> new ArrayList<>()).add(place);
      sealing = seals ? key : sealing;
    } catch (CryptoException e) {
      problems.add(e.getMessage());
      failure = seals ? e : failure;
    }
  }

  /** Without hidden files: what Kubernetes keeps beside the files of a Secret begins with a dot. */
  private void addDirectory(String directory) {
    try (Stream<Path> files = Files.list(Path.of(directory))) {
      files
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .filter(file -> !Files.isDirectory(file))
          .sorted()
          .forEach(file -> {
            String place = "file " + file.getFileName() + " in " + DIRECTORY;
            add(place, false, () -> text(place, file.toString()));
          });
    } catch (IOException | UncheckedIOException | InvalidPathException e) {
      problems.add(unreadable("the directory that " + DIRECTORY + " names", e).getMessage());
    }
  }

  private static String text(String place, String path) {
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        throw new CryptoException(
            Reason.KEY_MALFORMED,
            place + " is too long: it must hold one encryption key and nothing else");
      }
      // Whatever the bytes are: the parser says what is not a key.
      String text = new String(bytes, StandardCharsets.ISO_8859_1).strip();
      if (text.isEmpty()) {
        throw new CryptoException(
            Reason.KEY_MISSING, place + " is empty: put the encryption key into it");
      }
      return text;
    } catch (IOException | InvalidPathException e) {
      throw unreadable(place, e);
    }
  }

  /** Without the path, because an operator may have put the key itself there. */
  private static CryptoException unreadable(String place, Exception e) {
    Throwable reason =
        e instanceof UncheckedIOException unchecked
            ? Objects.requireNonNull(unchecked.getCause())
            : e;
    return new CryptoException(
        Reason.KEY_MISSING,
        place
            + " cannot be read ("
            + reason.getClass().getSimpleName()
            + "): check that it exists and that the user of the service may read it");
  }
}
