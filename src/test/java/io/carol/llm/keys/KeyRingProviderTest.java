package io.carol.llm.keys;

import static io.carol.llm.testing.Failures.assertFails;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.config.Configuration;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.testing.ExceptionText;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.MountedSecret;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.config.PollingStrategies;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    return new KeyRingProvider(Configuration.load(values));
  }

  private static String state(KeyRingProvider keys) {
    try {
      keys.sealingRing();
      return "ok";
    } catch (CryptoException e) {
      return e.reason().code();
    }
  }

  private static void await(Set<String> kids, KeyRingProvider keys) {
    TestService.await("the ring is " + kids, () -> keys.configured().ring().kids().equals(kids));
  }

  private static String kid(String key) {
    return EncryptionKey.parse("TEST", key).kid();
  }

  private static String refusal(Reason reason, KeyRingProvider keys) {
    CryptoException failure = assertFails(reason, keys::sealingRing);
    String said = ExceptionText.of(failure);
    for (String key : List.of(KEY, SECOND, THIRD)) {
      assertFalse(said.contains(key), said);
    }
    return String.valueOf(failure.getMessage());
  }

  @Nested
  final class FromAVariable {
    @Test
    void noKeyIsPrintedWithWhereItIs() {
      KeyRingProvider keys = keys("key", KEY, "keys.previous", SECOND);
      String printed = keys.configured().toString();
      assertFalse(printed.contains(KEY) || printed.contains(SECOND), printed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n"})
    void noKeyIsARingThatCannotSeal(String blank) {
      KeyRingProvider keys = keys("key", blank);
      assertEquals("key_missing", state(keys));
      assertFails(Reason.KEY_MISSING, keys::ring);
      assertTrue(keys.configured().problems().getFirst().contains("CAROL_ENCRYPTION_KEY"));
    }

    @Test
    void aKeyThatIsNotOneNamesItsVariable() {
      KeyRingProvider keys = keys("key", KEY.substring(4));
      assertEquals("key_malformed", state(keys));
      assertTrue(refusal(Reason.KEY_MALFORMED, keys).startsWith("CAROL_ENCRYPTION_KEY "));
      assertFails(Reason.KEY_MALFORMED, keys::ring);
    }

    @Test
    void aKeyThatChangesInAReloadedConfigurationIsTheNextOneUsed() throws IOException {
      Path file = folder.resolve("reloaded.yaml");
      Files.writeString(file, "carol.encryption.key: " + KEY);
      Config config =
          Config.builder(
                  ConfigSources.file(file)
                      .pollingStrategy(PollingStrategies.regular(Duration.ofMillis(50))::build))
              .disableEnvironmentVariablesSource()
              .disableSystemPropertiesSource()
              .build();
      KeyRingProvider keys = new KeyRingProvider(config);
      assertEquals(Set.of(kid(KEY)), keys.ring().kids());
      Files.writeString(file, "carol.encryption.key: " + SECOND);
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
    void aFileWithoutAKeyIsReadOnceASecondHoweverManyAskForTheKey() {
      Set<ConfiguredKeys> readings = Collections.newSetFromMap(new IdentityHashMap<>());
      long started = System.nanoTime();
      for (int i = 0; i < 10_000; i++) {
        readings.add(keys.configured());
      }
      long seconds = 1 + Duration.ofNanos(System.nanoTime() - started).toSeconds();
      assertTrue(readings.size() <= seconds, readings.size() + " readings in " + seconds + " s");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})
    void aKeyWhoseFileHoldsAnythingElseIsGoneUntilItIsBack(String something) throws IOException {
      Files.writeString(file, KEY);
      assertEquals("ok", state(keys));
      Files.writeString(file, something);
      awaitState(something.isEmpty() ? "key_missing" : "key_malformed", keys);
      assertThrows(CryptoException.class, keys::ring);
      String problem = keys.configured().problems().getFirst();
      assertTrue(problem.contains("CAROL_ENCRYPTION_KEY_FILE"), problem);
      Files.writeString(file, SECOND);
      await(Set.of(kid(SECOND)), keys);
      assertEquals(List.of(), keys.configured().problems());
    }

    @Test
    void whatIsWrongIsLoggedOnceAndSoIsThatItIsRightAgain() throws IOException {
      try (LogCapture log = new LogCapture()) {
        Files.writeString(file, KEY);
        assertEquals("ok", state(keys));
        Files.writeString(file, "half of");
        awaitState("key_malformed", keys);
        String problem = keys.configured().problems().getFirst();
        Files.writeString(file, KEY + "\n");
        awaitState("ok", keys);
        String text = log.text();
        assertEquals(2, count(text, "Encryption keys: %1$s seals, %1$s open".formatted(kid(KEY))));
        assertEquals(1, count(text, "Encryption keys: " + problem));
        assertEquals(1, count(text, "Encryption keys: no key seals, no key opens"));
        assertEquals(1, count(text, "Every configured encryption key can be used again"));
      }
    }

    private static int count(String text, String part) {
      return text.split(Pattern.quote(part), -1).length - 1;
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
      assertTrue(
          refusal(Reason.KEY_MISSING, keys)
              .startsWith(
                  "the file that CAROL_ENCRYPTION_KEY_FILE names cannot be read (NoSuchFileException): check"));
    }

    @Test
    void theKeyItselfInThePlaceOfTheFileIsNotRepeated() {
      refusal(Reason.KEY_MISSING, keys("key.file", KEY));
      refusal(Reason.KEY_MISSING, keys("key.file", KEY + "\u0000"));
    }

    @Test
    void bytesThatAreNoTextAreNotAKey() throws IOException {
      Files.write(file, Base64.getDecoder().decode(KEY));
      assertEquals("key_malformed", state(keys("key.file", file.toString())));
      Files.writeString(file, "\uFEFF" + KEY);
      assertEquals("key_malformed", state(keys("key.file", file.toString())), "a byte order mark");
      Files.writeString(file, "é".repeat(44), ISO_8859_1);
      assertEquals("key_malformed", state(keys("key.file", file.toString())));
    }

    @Test
    void aFileWithoutEndIsReadNoFurtherThanAKeyCanBe() {
      Path endless = Path.of("/dev/zero");
      assumeTrue(Files.isReadable(endless), "There is no /dev/zero here");
      refusal(Reason.KEY_MALFORMED, keys("key.file", endless.toString()));
    }

    @Test
    void blanksAroundAKeyAreFineUpToALimit() throws IOException {
      Files.writeString(file, " ".repeat(1024 - 44) + KEY);
      assertEquals("ok", state(keys));
      Path longer = Files.writeString(folder.resolve("longer"), " ".repeat(1025 - 44) + KEY);
      assertEquals("key_malformed", state(keys("key.file", longer.toString())));
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
      assertEquals(text.isEmpty() ? "key_missing" : "key_malformed", state(both));
      String sealed = keys("key", SECOND).ring().seal(PLAINTEXT, "c");
      assertArrayEquals(PLAINTEXT, both.ring().open(sealed, "c"));
    }

    @Test
    void aFileWithoutAKeyIsLeftOutAndReported() throws IOException {
      write("good", SECOND);
      write("half", THIRD.substring(0, 20));
      write("empty", "");
      write("huge", "x".repeat(2000));
      write(".hidden", THIRD);
      Files.createDirectory(directory.resolve("folder"));
      assertEquals(Optional.of(kid(KEY)), keys.ring().sealingKid());
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      List<String> problems = keys.configured().problems();
      assertEquals(3, problems.size(), problems::toString);
      for (String name : List.of("empty", "half", "huge")) {
        String start = "file " + name + " in CAROL_ENCRYPTION_KEYS_DIRECTORY ";
        assertTrue(problems.stream().anyMatch(problem -> problem.startsWith(start)), name);
      }
      assertFalse(problems.toString().contains(THIRD.substring(0, 20)));
    }

    @Test
    void aKeyThatWasDeletedStaysGoneWhenItsFileComesBackWithoutAKey() throws IOException {
      write("one", SECOND);
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      Files.delete(directory.resolve("one"));
      await(Set.of(kid(KEY)), keys);
      write("one", "half of");
      awaitProblem("file one in CAROL_ENCRYPTION_KEYS_DIRECTORY", keys);
      assertEquals(Set.of(kid(KEY)), keys.ring().kids());
    }

    @Test
    void aDirectoryThatCannotBeReadIsReportedAndHasNoKeys() throws IOException {
      write("one", SECOND);
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      Path away = directory.resolveSibling(directory.getFileName() + "-away");
      Files.move(directory, away);
      try {
        await(Set.of(kid(KEY)), keys);
        String problem = keys.configured().problems().getFirst();
        assertEquals(
            "the directory that CAROL_ENCRYPTION_KEYS_DIRECTORY names cannot be read (NoSuchFileException):"
                + " check that it exists and that the user of the service may read it",
            problem);
      } finally {
        Files.move(away, directory);
      }
      await(Set.of(kid(KEY), kid(SECOND)), keys);
    }

    /** Of a process that has ended and was not waited for, Linux opens this and lists nothing. */
    @Test
    void aDirectoryThatFailsWhileItIsListedIsReportedAndTakesNoOtherKeyAway() throws Exception {
      assumeTrue(Files.isDirectory(Path.of("/proc/self/net")), "this is not Linux");
      // sleep waits for no child.
      Process parent =
          new ProcessBuilder("sh", "-c", "exec 3<&0; cat <&3 & echo $!; exec sleep 60").start();
      try {
        String pid = parent.inputReader().readLine();
        Path name = Path.of("/proc", String.valueOf(parent.pid()), "comm");
        TestService.await("sleep runs", () -> text(name).equals("sleep\n"));
        parent.getOutputStream().close();
        Path status = Path.of("/proc", pid, "status");
        TestService.await("cat has ended", () -> text(status).contains("State:\tZ"));
        KeyRingProvider keys =
            keys("key", KEY, "keys.directory", Path.of("/proc", pid, "net").toString());
        assertEquals(Set.of(kid(KEY)), keys.ring().kids());
        assertEquals(
            List.of(
                "the directory that CAROL_ENCRYPTION_KEYS_DIRECTORY names cannot be read (FileSystemException):"
                    + " check that it exists and that the user of the service may read it"),
            keys.configured().problems());
      } finally {
        parent.destroyForcibly();
      }
    }

    private static String text(Path file) {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** A mounted Secret changes all at one moment, and is never read half old and half new. */
    @Test
    void keysThatChangePlacesAreNeverMissed(@TempDir Path mount) throws IOException {
      MountedSecret secret = new MountedSecret(mount);
      secret.set(Map.of("encryption-key", SECOND, "other", THIRD));
      Config config =
          Config.just(
              ConfigSources.create(
                  Map.of(
                      "carol.encryption.key.file",
                      secret.file("encryption-key").toString(),
                      "carol.encryption.keys.directory",
                      mount.toString())));
      for (int i = 0; i < 200; i++) {
        boolean swapped = i % 2 == 0;
        Thread swap =
            Thread.ofVirtual()
                .start(() -> set(secret, swapped ? THIRD : SECOND, swapped ? SECOND : THIRD));
        assertEquals(Set.of(kid(SECOND), kid(THIRD)), new KeyRingProvider(config).ring().kids());
        join(swap);
      }
    }

    private static void set(MountedSecret secret, String sealing, String opening) {
      try {
        secret.set(Map.of("encryption-key", sealing, "other", opening));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void join(Thread thread) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Nested
  final class FromBoth {
    @Test
    void twoSourcesForOneKeyAreRefusedEvenIfTheyAgree() throws IOException {
      Path file = Files.writeString(folder.resolve("key"), KEY);
      KeyRingProvider keys = keys("key", KEY, "key.file", file.toString());
      assertEquals("key_malformed", state(keys));
      assertEquals(Set.of(kid(KEY)), keys.ring().kids(), "reading goes on");
      assertEquals(
          "Both CAROL_ENCRYPTION_KEY and CAROL_ENCRYPTION_KEY_FILE are set: unset one of them",
          refusal(Reason.KEY_MALFORMED, keys));
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
      assertEquals("key_missing", state(keys));
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s,", "%s,,%s", " , %s ,\n"})
    void emptyEntriesAreSkipped(String list) {
      KeyRingProvider keys = keys("key", KEY, "keys.previous", list.replace("%s", SECOND));
      assertEquals("ok", state(keys));
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      assertEquals(List.of(), keys.configured().problems());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {"no-key,%s|1", "%s,,no-key|3", "%s,%s %s,|2"})
    void anEntryThatIsNoKeyIsNamedByItsPlaceAndTakesNothingElseAway(String list, int place) {
      KeyRingProvider keys = keys("key", KEY, "keys.previous", list.replace("%s", SECOND));
      assertEquals("ok", state(keys));
      assertEquals(Set.of(kid(KEY), kid(SECOND)), keys.ring().kids());
      List<String> problems = keys.configured().problems();
      assertEquals(1, problems.size(), problems::toString);
      assertTrue(
          problems
              .getFirst()
              .startsWith("entry " + place + " of CAROL_ENCRYPTION_KEYS_PREVIOUS is not"),
          problems::toString);
    }

    /** SHA-256 of "kid collision 33168" and "kid collision 102169": both have the id 4c4378e3. */
    @Test
    void anotherKeyWithTheIdOfAnEarlierOneIsReportedAndTakesNothingAway() {
      String twin = "f518a28832d5813179e899e44e1691369bb4dec8896e2841b0901a2f57543f83";
      String otherTwin = "727ac8f951680d8d438278f77114f1d9aaaee4ed0c94b07055260f606cf91862";
      KeyRingProvider keys = keys("key", twin, "keys.previous", otherTwin + "," + SECOND);
      assertArrayEquals(PLAINTEXT, keys.ring().open(keys.sealingRing().seal(PLAINTEXT, "c"), "c"));
      assertEquals(Set.of(kid(twin), kid(SECOND)), keys.ring().kids());
      assertTrue(
          keys.configured().problems().getFirst().startsWith("entry 1 of"),
          () -> keys.configured().toString());
    }
  }

  private static void awaitState(String state, KeyRingProvider keys) {
    TestService.await("the state is " + state, () -> state(keys).equals(state));
  }

  private static void awaitProblem(String start, KeyRingProvider keys) {
    TestService.await(
        start + " is a problem",
        () -> keys.configured().problems().stream().anyMatch(it -> it.startsWith(start)));
  }
}
