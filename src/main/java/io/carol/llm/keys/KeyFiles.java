package io.carol.llm.keys;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.EncryptionKeyMalformedException;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Encryption keys in files, one key each, as Kubernetes mounts a Secret. Goes on with the last good
 * key of a file that now holds anything else: half a key, nothing, or something put there by
 * mistake. A file that is gone has no key. Not thread-safe.
 */
final class KeyFiles {
  /** A key is 64 bytes at most; the rest is for blanks around it. */
  private static final int MAX_BYTES = 1024;

  private static final String STAYS = ". The key that was read from it before stays in use";

  private final Map<Path, EncryptionKey> lastGood = new HashMap<>();

  /**
   * The key in a file.
   *
   * @param variable names the file in messages
   * @param problems takes what is wrong when it is an earlier key
   * @throws CryptoException when there is none, and none before
   */
  EncryptionKey key(String variable, String path, List<String> problems) {
    String name = "The file that " + variable + " names";
    try {
      return key(name, variable, Path.of(path), problems);
    } catch (InvalidPathException e) {
      throw unreadable(name, e);
    }
  }

  /**
   * The keys in all files of a directory but hidden ones: what Kubernetes keeps beside the files of
   * a Secret begins with a dot.
   *
   * @param variable names the directory in messages
   * @param problems takes what is wrong with a file that is left out, or whose earlier key it is
   */
  List<EncryptionKey> inDirectory(String variable, String path, List<String> problems) {
    List<EncryptionKey> keys = new ArrayList<>();
    try (Stream<Path> entries = Files.list(Path.of(path))) {
      for (Path file : entries.filter(KeyFiles::mayHoldKey).sorted().toList()) {
        String name = "The file " + file.getFileName() + " in " + variable;
        try {
          keys.add(key(name, name, file, problems));
        } catch (CryptoException e) {
          problems.add(String.valueOf(e.getMessage()));
        }
      }
    } catch (IOException | InvalidPathException e) {
      problems.add(
          unreadable("The directory that " + variable + " names", e).getMessage()
              + ". The keys that were read from it before stay in use");
      lastGood.forEach((file, key) -> {
        if (file.startsWith(path)) {
          keys.add(key);
        }
      });
    }
    return keys;
  }

  private EncryptionKey key(String file, String key, Path path, List<String> problems) {
    try {
      EncryptionKey good = EncryptionKey.parse(key, read(file, path));
      lastGood.put(path, good);
      return good;
    } catch (CryptoException e) {
      if (Files.notExists(path)) {
        lastGood.remove(path);
      }
      EncryptionKey before = lastGood.get(path);
      if (before == null) {
        throw e;
      }
      problems.add(e.getMessage() + STAYS);
      return before;
    }
  }

  private static String read(String name, Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new EncryptionKeyMalformedException(name + " is too long to be an encryption key");
      }
      // Whatever the bytes are: what is not a key is for its parser to say.
      String text = new String(bytes, StandardCharsets.ISO_8859_1).strip();
      if (text.isEmpty()) {
        throw new EncryptionKeyMissingException(name + " is empty");
      }
      return text;
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  private static boolean mayHoldKey(Path file) {
    return !file.getFileName().toString().startsWith(".") && !Files.isDirectory(file);
  }

  /** Without the path: somebody may have put the key itself there. */
  private static EncryptionKeyMissingException unreadable(String name, Exception e) {
    return new EncryptionKeyMissingException(
        name + " cannot be read (" + e.getClass().getSimpleName() + ")");
  }
}
