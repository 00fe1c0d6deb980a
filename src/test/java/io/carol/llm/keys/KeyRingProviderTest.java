package io.carol.llm.keys;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.EncryptionKeyMalformedException;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import io.carol.llm.crypto.UnknownKeyIdException;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.MountedSecret;
import io.carol.llm.testing.ExceptionText;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.config.PollingStrategies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the keys come from, and what is said when they do not. */
final class KeyRingProviderTest {
  private static final String KEY = Secrets.encryptionKey();
  private static final String SECOND = Secrets.encryptionKey();
  private static final String THIRD = Secrets.encryptionKey();
  private static final byte[] PLAINTEXT = "sk-plain".getBytes(UTF_8);

  @TempDir private Path folder;

  private static KeyRingProvider keys(String... namesAndValues) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put("carol.encryption." + namesAndValues[i], namesAndValues[i + 1]);
    }
    return new KeyRingProvider(Configuration.load(values).get("carol.encryption"));
  }

  private static String state(KeyRingProvider keys) {
    try {
      return keys.sealingRing().sealingKid().isPresent() ? "ok" : "missing";
    } catch (EncryptionKeyMissingException e) {
      return "missing";
    } catch (EncryptionKeyMalformedException e) {
      return "malformed";
    }
  }

  private static void await(Set<String> kids, KeyRingProvider keys) {
    TestService.await(
        "the ring is " + kids,
        () -> {
          try {
            return keys.ring().kids().equals(kids);
          } catch (EncryptionKeyMissingException e) {
            return kids.isEmpty();
          }
        });
  }

  private static String kid(String key) {
    return EncryptionKey.parse("TEST", key).kid();
  }

  private static <T extends CryptoException> String refusal(Class<T> type, KeyRingProvider keys) {
    T failure = assertThrows(type, keys::sealingRing);
    String said = ExceptionText.of(failure);
    for (String key : List.of(KEY, SECOND, THIRD)) {
      assertFalse(said.contains(key), said);
    }
    return String.valueOf(failure.getMessage());
  }

  @Nested
  final class FromAVariable {
    @Test
    void aKeySealsAndOpens() {
      KeyRingProvider keys = keys("key", KEY);
      assertEquals("ok", state(keys));
      assertArrayEquals(PLAINTEXT, keys.ring().open(keys.ring().seal(PLAINTEXT, "c"), "c"));
    }

    @Test
    void theSameKeyIsParsedOnce() {
      KeyRingProvider keys = keys("key", KEY, "keys.previous", SECOND);
      assertSame(keys.ring(), keys.ring());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n"})
    void noKeyIsARingThatCannotSeal(String blank) {
      KeyRingProvider keys = keys("key", blank);
      assertEquals("missing", state(keys));
      assertThrows(EncryptionKeyMissingException.class, () -> keys.ring().seal(PLAINTEXT, "c"));
    }

    @Test
    void aKeyThatIsNotOneNamesItsVariable() {
      KeyRingProvider keys = keys("key", KEY.substring(4));
      assertEquals("malformed", state(keys));
      assertTrue(
          refusal(EncryptionKeyMalformedException.class, keys).startsWith("CAROL_ENCRYPTION_KEY "));
    }

    @Test
    void aKeyThatChangesInAReloadedConfigurationIsTheNextOneUsed() throws IOException {
      Path file = folder.resolve("reloaded.yaml");
      Files.writeString(file, "key: " + KEY);
      Config config =
          Config.builder(
                  ConfigSources.file(file)
                      .pollingStrategy(PollingStrategies.regular(Duration.ofMillis(50))::build))
              .disableEnvironmentVariablesSource()
              .disableSystemPropertiesSource()
              .build();
      KeyRingProvider keys = new KeyRingProvider(config);
      assertEquals(Set.of(kid(KEY)), keys.ring().kids());
      Files.writeString(file, "key: " + SECOND);
      TestService.await(
          "the new key is used", () -> keys.ring().kids().equals(Set.of(kid(SECOND))));
    }
  }

  @Nested
  final class FromAFile {
    private final Path folder;
    private final Path file;
    private final KeyRingProvider keys;

    FromAFile(@TempDir Path folder) {
      this.folder = folder;
      this.file = folder.resolve("encryption.key");
      this.keys = keys("key.file", file.toString());
    }

    @Test
    void aKeyIsReadWithTheNewlineBehindIt() throws IOException {
      Files.writeString(file, KEY + "\n");
      assertEquals(Set.of(kid(KEY)), keys.ring().kids());
    }

    @Test
    void aKeyThatComesLaterIsThereForTheNextUse() throws IOException {
      assertEquals("missing", state(keys));
      Files.writeString(file, KEY);
      assertEquals("ok", state(keys));
    }

    @Test
    void aKeyThatIsReplacedIsTheNextOneUsed() throws IOException {
      Files.writeString(file, KEY);
      String sealed = keys.ring().seal(PLAINTEXT, "c");
      Path next = Files.writeString(folder.resolve("next"), SECOND);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      await(Set.of(kid(SECOND)), keys);
      assertThrows(UnknownKeyIdException.class, () -> keys.ring().open(sealed, "c"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "half of", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})
    void aKeyStaysInUseWhenItsFileNoLongerHoldsOne(String something) throws IOException {
      Files.writeString(file, KEY);
      assertEquals(List.of(), keys.problems());
      Files.writeString(file, something);
      TestService.await("it is noticed", () -> !keys.problems().isEmpty());
      assertEquals(Set.of(kid(KEY)), keys.ring().kids());
      String problem = keys.problems().getFirst();
      assertTrue(problem.contains("CAROL_ENCRYPTION_KEY_FILE"), problem);
      assertTrue(problem.endsWith("The key that was read from it before stays in use"), problem);
      Files.writeString(file, SECOND);
      await(Set.of(kid(SECOND)), keys);
      assertEquals(List.of(), keys.problems());
    }

    @Test
    void whatIsWrongIsSaidOnceAndSoIsThatItIsRightAgain() throws IOException {
      try (LogCapture log = new LogCapture()) {
        Files.writeString(file, KEY);
        assertEquals("ok", state(keys));
        Files.writeString(file, "half of");
        TestService.await("it is noticed", () -> !keys.problems().isEmpty());
        String problem = keys.problems().getFirst();
        Files.writeString(file, KEY + "\n");
        TestService.await("it is right again", () -> keys.problems().isEmpty());
        assertEquals(
            List.of(
                "INFO Encryption keys: %1$s seals, %1$s open".formatted(kid(KEY)),
                "WARNING " + problem,
                "INFO Every file of encryption keys is as it should be again"),
            log.text()
                .lines()
                .map(line ->
                    line.replaceFirst("^\\S+ ", "").replaceFirst("\\S+KeyRingProvider ", ""))
                .toList());
      }
    }

    @Test
    void aKeyThatGoesAwayIsNotUsedAnyMore() throws IOException {
      Files.writeString(file, KEY);
      assertEquals("ok", state(keys));
      Files.delete(file);
      await(Set.of(), keys);
    }

    /** As Kubernetes replaces a mounted secret. */
    @Test
    void aKeyBehindALinkIsFollowed() throws IOException {
      Path old = Files.writeString(folder.resolve("old"), KEY);
      Path young = Files.writeString(folder.resolve("young"), SECOND);
      Files.createSymbolicLink(file, old);
      assertEquals(Set.of(kid(KEY)), keys.ring().kids());
      Path link = Files.createSymbolicLink(folder.resolve("link"), young);
      Files.move(link, file, StandardCopyOption.ATOMIC_MOVE);
      await(Set.of(kid(SECOND)), keys);
    }

    @Test
    void aFileThatIsNotThereIsSaidToBeSo() {
      assertEquals(
          "The file that CAROL_ENCRYPTION_KEY_FILE names cannot be read (NoSuchFileException)",
          refusal(EncryptionKeyMissingException.class, keys));
    }

    @Test
    void theKeyItselfInThePlaceOfTheFileIsNotRepeated() {
      refusal(EncryptionKeyMissingException.class, keys("key.file", KEY));
      refusal(EncryptionKeyMissingException.class, keys("key.file", KEY + "\u0000"));
    }

    @Test
    void aFolderIsNoFile() throws IOException {
      Files.createDirectory(file);
      assertTrue(
          refusal(EncryptionKeyMissingException.class, keys)
              .startsWith("The file that CAROL_ENCRYPTION_KEY_FILE names cannot be read"));
    }

    @Test
    void aFileThatMayNotBeReadIsSaidToBeSo() throws IOException {
      Secrets.write(file, KEY);
      assertTrue(file.toFile().setReadable(false));
      assumeTrue(!Files.isReadable(file), "Whoever runs this test may read every file");
      assertEquals(
          "The file that CAROL_ENCRYPTION_KEY_FILE names cannot be read (AccessDeniedException)",
          refusal(EncryptionKeyMissingException.class, keys));
    }

    @Test
    void anEmptyFileIsNoKeyYet() throws IOException {
      Files.writeString(file, "\n");
      assertEquals("missing", state(keys));
    }

    @Test
    void aKeyThatIsHalfWrittenIsNotAKey() throws IOException {
      String hex = HexFormat.of().formatHex(Base64.getDecoder().decode(KEY));
      for (String half :
          List.of(KEY.substring(0, 22), KEY.substring(0, 42), hex.substring(0, 32))) {
        Files.writeString(file, half);
        assertEquals("malformed", state(keys));
        assertTrue(
            refusal(EncryptionKeyMalformedException.class, keys)
                .startsWith("CAROL_ENCRYPTION_KEY_FILE "));
      }
    }

    @Test
    void bytesThatAreNoTextAreNotAKey() throws IOException {
      Files.write(file, Base64.getDecoder().decode(KEY));
      assertEquals("malformed", state(keys));
      Files.writeString(file, "\uFEFF" + KEY);
      assertEquals("malformed", state(keys), "a byte order mark");
      Files.writeString(file, "é".repeat(44), ISO_8859_1);
      assertEquals("malformed", state(keys));
    }

    @Test
    void aFileWithoutEndIsReadNoFurtherThanAKeyCanBe() {
      Path endless = Path.of("/dev/zero");
      assumeTrue(Files.isReadable(endless), "There is no /dev/zero here");
      assertEquals(
          "The file that CAROL_ENCRYPTION_KEY_FILE names is too long to be an encryption key",
          refusal(EncryptionKeyMalformedException.class, keys("key.file", endless.toString())));
    }

    @Test
    void blanksAroundAKeyAreFineUpToALimit() throws IOException {
      Files.writeString(file, " ".repeat(1024 - 44) + KEY);
      assertEquals("ok", state(keys));
      Path longer = Files.writeString(folder.resolve("longer"), " ".repeat(1025 - 44) + KEY);
      assertEquals("malformed", state(keys("key.file", longer.toString())));
    }
  }

  /** As Kubernetes mounts a Secret: files that are links into a hidden folder. */
  @Nested
  final class FromADirectory {
    private final Path directory;
    private final KeyRingProvider keys;

    FromADirectory(@TempDir Path directory) {
      this.directory = directory;
      this.keys = keys("key", KEY, "keys.directory", directory.toString());
    }

    private void write(String name, String text) throws IOException {
      Files.writeString(directory.resolve(name), text);
    }

    /** With the sealing key in the same directory as the others. */
    private KeyRingProvider keysOfASecret() {
      return keys(
          "key.file",
          directory.resolve("encryption-key").toString(),
          "keys.directory",
          directory.toString());
    }

    @Test
    void everyFileIsAKeyThatOpens() throws IOException {
      write("one", SECOND + "\n");
      write("two", THIRD);
      assertEquals(Optional.of(kid(KEY)), keys.ring().sealingKid());
      assertEquals(Set.of(kid(KEY), kid(SECOND), kid(THIRD)), keys.ring().kids());
    }

    @Test
    void theSealingKeyMayBeAmongThem() throws IOException {
      write("encryption-key", SECOND);
      write("encryption-key-previous", THIRD);
      KeyRingProvider both = keysOfASecret();
      assertEquals(Optional.of(kid(SECOND)), both.ring().sealingKid());
      assertEquals(Set.of(kid(SECOND), kid(THIRD)), both.ring().kids());
    }

    @ParameterizedTest
    @ValueSource(strings = {"half of", ""})
    void aSealingKeyThatIsNoneTakesNoOtherKeyAway(String text) throws IOException {
      write("encryption-key", text);
      write("encryption-key-other", SECOND);
      KeyRingProvider both = keysOfASecret();
      assertEquals(text.isEmpty() ? "missing" : "malformed", state(both));
      String sealed = keys("key", SECOND).ring().seal(PLAINTEXT, "c");
      assertArrayEquals(PLAINTEXT, both.ring().open(sealed, "c"));
    }

    @Test
    void filesThatComeAndGoAreNoticed() throws IOException {
      assertEquals(Set.of(kid(KEY)), keys.ring().kids());
      write("one", SECOND);
      await(Set.of(kid(KEY), kid(SECOND)), keys);
      Files.delete(directory.resolve("one"));
      await(Set.of(kid(KEY)), keys);
    }

    @Test
    void aSecretThatIsReplacedAsAWholeIsReadAsAWhole() throws IOException {
      MountedSecret secret = new MountedSecret(directory);
      secret.set(Map.of("one", SECOND));
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      secret.set(Map.of("other", THIRD));
      await(Set.of(kid(KEY), kid(THIRD)), keys);
    }

    @Test
    void aFileWithoutAKeyIsLeftOutAndReported() throws IOException {
      write("good", SECOND);
      write("half", THIRD.substring(0, 20));
      write("empty", "");
      write("huge", "x".repeat(2000));
      Files.createDirectory(directory.resolve("folder"));
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      List<String> problems = keys.problems();
      assertEquals(3, problems.size(), problems::toString);
      for (String name : List.of("empty", "half", "huge")) {
        String start = "The file " + name + " in CAROL_ENCRYPTION_KEYS_DIRECTORY ";
        assertTrue(problems.stream().anyMatch(problem -> problem.startsWith(start)), name);
      }
      assertFalse(problems.toString().contains(THIRD.substring(0, 20)));
    }

    @Test
    void aKeyStaysInUseWhenItsFileNoLongerHoldsOne() throws IOException {
      write("one", SECOND);
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      write("one", "half of");
      TestService.await("it is noticed", () -> !keys.problems().isEmpty());
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
    }

    @Test
    void aDirectoryThatCannotBeReadIsReportedAndTakesNoKeyAway() throws IOException {
      write("one", SECOND);
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      Path away = directory.resolveSibling(directory.getFileName() + "-away");
      Files.move(directory, away);
      try {
        TestService.await("it is noticed", () -> !keys.problems().isEmpty());
        assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
        assertTrue(keys.problems().getFirst().contains("CAROL_ENCRYPTION_KEYS_DIRECTORY"));
        assertFalse(keys.problems().getFirst().contains(directory.toString()));
      } finally {
        Files.move(away, directory);
      }
    }
  }

  @Nested
  final class FromBoth {
    @Test
    void twoSourcesForOneKeyAreRefusedEvenIfTheyAgree() throws IOException {
      Path file = Files.writeString(folder.resolve("key"), KEY);
      KeyRingProvider keys = keys("key", KEY, "key.file", file.toString());
      assertEquals("malformed", state(keys));
      assertEquals(
          "Both CAROL_ENCRYPTION_KEY and CAROL_ENCRYPTION_KEY_FILE are set: unset one of them",
          refusal(EncryptionKeyMalformedException.class, keys));
    }

    @Test
    void anEmptyVariableIsNoSource() throws IOException {
      Path file = Files.writeString(folder.resolve("key"), KEY);
      assertEquals("ok", state(keys("key", "", "key.file", file.toString())));
      assertEquals("ok", state(keys("key", KEY, "key.file", "")));
    }
  }

  @Nested
  final class Previous {
    @Test
    void theyOpenWhatTheySealedAndSealNothing() {
      String sealed = keys("key", SECOND).ring().seal(PLAINTEXT, "c");
      KeyRingProvider keys = keys("key", KEY, "keys.previous", THIRD + ", " + SECOND + "\n");
      assertArrayEquals(PLAINTEXT, keys.ring().open(sealed, "c"));
      assertEquals(List.of(kid(KEY), kid(THIRD), kid(SECOND)), List.copyOf(keys.ring().kids()));
      assertTrue(keys.ring().seal(PLAINTEXT, "c").startsWith("v1." + kid(KEY) + "."));
    }

    @Test
    void theyOpenWithoutASealingKeyToo() {
      String sealed = keys("key", SECOND).ring().seal(PLAINTEXT, "c");
      KeyRingProvider keys = keys("keys.previous", SECOND);
      assertArrayEquals(PLAINTEXT, keys.ring().open(sealed, "c"));
      assertEquals("missing", state(keys));
    }

    @ParameterizedTest
    @ValueSource(strings = {",", "%s,", ",%s", "%s,,%s", "%s;%s", "%s %s", "no-key"})
    void aListWithAnythingElseInItIsRefusedByItsName(String list) {
      KeyRingProvider keys = keys("key", KEY, "keys.previous", list.replace("%s", SECOND));
      assertEquals("malformed", state(keys));
      assertTrue(
          refusal(EncryptionKeyMalformedException.class, keys)
              .startsWith("CAROL_ENCRYPTION_KEYS_PREVIOUS "));
    }
  }
}
