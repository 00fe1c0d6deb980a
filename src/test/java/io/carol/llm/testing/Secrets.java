package io.carol.llm.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;

/** Secrets for trying things out. */
public final class Secrets {
  private Secrets() {}

  /** A new encryption key, as {@code openssl rand -base64 32} makes one. */
  public static String encryptionKey() {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    return Base64.getEncoder().encodeToString(key);
  }

  /** Writes a file that only its owner can read. */
  public static void write(Path file, String secret) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, secret);
  }

  /** Puts another secret into the file at one moment, as Kubernetes does with a mounted one. */
  public static void replace(Path file, String secret) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    write(next, secret);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
