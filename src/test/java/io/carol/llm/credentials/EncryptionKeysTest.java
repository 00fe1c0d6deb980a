package io.carol.llm.credentials;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.Main;
import io.carol.llm.credentials.EncryptionKeys.State;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.EncryptionKeyMalformedException;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import io.carol.llm.crypto.UnknownKeyIdException;
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
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the keys come from, and what is said when they do not. */
final class EncryptionKeysTest {
  private static final String KEY = Secrets.encryptionKey();
  private static final String SECOND = Secrets.encryptionKey();
  private static final String THIRD = Secrets.encryptionKey();
  private static final byte[] PLAINTEXT = "sk-plain".getBytes(UTF_8);

  @TempDir private Path folder;

  private static EncryptionKeys keys(String... namesAndValues) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put("carol.encryption." + namesAndValues[i], namesAndValues[i + 1]);
    }
    return new EncryptionKeys(Main.configuration(values).get("carol.encryption"));
  }

  private static String kid(String key) {
    return EncryptionKey.parse("TEST", key).kid();
  }

  private static <T extends CryptoException> String refusal(Class<T> type, EncryptionKeys keys) {
    T failure = assertThrows(type, keys::ring);
    String said = Said.by(failure);
    for (String key : List.of(KEY, SECOND, THIRD)) {
      assertFalse(said.contains(key), said);
    }
    return String.valueOf(failure.getMessage());
  }

  @Nested
  final class FromAVariable {
    @Test
    void aKeySealsAndOpens() {
      EncryptionKeys keys = keys("key", KEY);
      assertEquals(State.OK, keys.state());
      assertArrayEquals(PLAINTEXT, keys.ring().open(keys.ring().seal(PLAINTEXT, "c"), "c"));
    }

    @Test
    void theSameKeyIsParsedOnce() {
      EncryptionKeys keys = keys("key", KEY, "keys.previous", SECOND);
      assertSame(keys.ring(), keys.ring());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n"})
    void noKeyIsARingThatCannotSeal(String blank) {
      EncryptionKeys keys = keys("key", blank);
      assertEquals(State.MISSING, keys.state());
      assertThrows(EncryptionKeyMissingException.class, () -> keys.ring().seal(PLAINTEXT, "c"));
    }

    @Test
    void aKeyThatIsNotOneNamesItsVariable() {
      EncryptionKeys keys = keys("key", KEY.substring(4));
      assertEquals(State.MALFORMED, keys.state());
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
      EncryptionKeys keys = new EncryptionKeys(config);
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
    private final EncryptionKeys keys;

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
      assertEquals(State.MISSING, keys.state());
      Files.writeString(file, KEY);
      assertEquals(State.OK, keys.state());
    }

    @Test
    void aKeyThatIsReplacedIsTheNextOneUsed() throws IOException {
      Files.writeString(file, KEY);
      String sealed = keys.ring().seal(PLAINTEXT, "c");
      Path next = Files.writeString(folder.resolve("next"), SECOND);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      assertEquals(Set.of(kid(SECOND)), keys.ring().kids());
      assertThrows(UnknownKeyIdException.class, () -> keys.ring().open(sealed, "c"));
    }

    @Test
    void aKeyThatGoesAwayIsNotUsedAnyMore() throws IOException {
      Files.writeString(file, KEY);
      assertEquals(State.OK, keys.state());
      Files.delete(file);
      assertEquals(State.MISSING, keys.state());
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
      assertEquals(Set.of(kid(SECOND)), keys.ring().kids());
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
      assertEquals(State.MISSING, keys.state());
    }

    @Test
    void aKeyThatIsHalfWrittenIsNotAKey() throws IOException {
      String hex = HexFormat.of().formatHex(Base64.getDecoder().decode(KEY));
      for (String half :
          List.of(KEY.substring(0, 22), KEY.substring(0, 42), hex.substring(0, 32))) {
        Files.writeString(file, half);
        assertEquals(State.MALFORMED, keys.state());
        assertTrue(
            refusal(EncryptionKeyMalformedException.class, keys)
                .startsWith("CAROL_ENCRYPTION_KEY_FILE "));
      }
    }

    @Test
    void bytesThatAreNoTextAreNotAKey() throws IOException {
      Files.write(file, Base64.getDecoder().decode(KEY));
      assertEquals(State.MALFORMED, keys.state());
      Files.writeString(file, "\uFEFF" + KEY);
      assertEquals(State.MALFORMED, keys.state(), "a byte order mark");
      Files.writeString(file, "é".repeat(44), ISO_8859_1);
      assertEquals(State.MALFORMED, keys.state());
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
      assertEquals(State.OK, keys.state());
      Files.writeString(file, " ".repeat(1025 - 44) + KEY);
      assertEquals(State.MALFORMED, keys.state());
    }
  }

  @Nested
  final class FromBoth {
    @Test
    void twoSourcesForOneKeyAreRefusedEvenIfTheyAgree() throws IOException {
      Path file = Files.writeString(folder.resolve("key"), KEY);
      EncryptionKeys keys = keys("key", KEY, "key.file", file.toString());
      assertEquals(State.MALFORMED, keys.state());
      assertEquals(
          "Both CAROL_ENCRYPTION_KEY and CAROL_ENCRYPTION_KEY_FILE are set: unset one of them",
          refusal(EncryptionKeyMalformedException.class, keys));
    }

    @Test
    void anEmptyVariableIsNoSource() throws IOException {
      Path file = Files.writeString(folder.resolve("key"), KEY);
      assertEquals(State.OK, keys("key", "", "key.file", file.toString()).state());
      assertEquals(State.OK, keys("key", KEY, "key.file", "").state());
    }
  }

  @Nested
  final class Previous {
    @Test
    void theyOpenWhatTheySealedAndSealNothing() {
      String sealed = keys("key", SECOND).ring().seal(PLAINTEXT, "c");
      EncryptionKeys keys = keys("key", KEY, "keys.previous", THIRD + ", " + SECOND + "\n");
      assertArrayEquals(PLAINTEXT, keys.ring().open(sealed, "c"));
      assertEquals(List.of(kid(KEY), kid(THIRD), kid(SECOND)), List.copyOf(keys.ring().kids()));
      assertTrue(keys.ring().seal(PLAINTEXT, "c").startsWith("v1." + kid(KEY) + "."));
    }

    @Test
    void theyOpenWithoutASealingKeyToo() {
      String sealed = keys("key", SECOND).ring().seal(PLAINTEXT, "c");
      EncryptionKeys keys = keys("keys.previous", SECOND);
      assertArrayEquals(PLAINTEXT, keys.ring().open(sealed, "c"));
      assertEquals(State.MISSING, keys.state());
    }

    @ParameterizedTest
    @ValueSource(strings = {",", "%s,", ",%s", "%s,,%s", "%s;%s", "%s %s", "no-key"})
    void aListWithAnythingElseInItIsRefusedByItsName(String list) {
      EncryptionKeys keys = keys("key", KEY, "keys.previous", list.replace("%s", SECOND));
      assertEquals(State.MALFORMED, keys.state());
      assertTrue(
          refusal(EncryptionKeyMalformedException.class, keys)
              .startsWith("CAROL_ENCRYPTION_KEYS_PREVIOUS "));
    }
  }
}
