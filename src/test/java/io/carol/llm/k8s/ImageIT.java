package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import tools.jackson.databind.JsonNode;

/** What is in the container image, and that it runs as the deployment runs it. */
@Tag("faults")
@TestInstance(Lifecycle.PER_CLASS)
final class ImageIT {
  private static final long MAX_BYTES = 145_000_000;
  private static final Path HOME = Path.of("app/llm");
  private static final Pattern PROGRAM = Pattern.compile("(usr/)?(local/)?s?bin/.+");
  private static final int SET_USER_OR_GROUP_ID = 06000;
  private static final int WRITABLE_BY_OTHERS = 0002;

  private Image image;

  @BeforeAll
  void build() {
    image = Image.built();
  }

  @Test
  void itIsSmall() {
    long bytes = files(Files::isRegularFile).stream().mapToLong(file -> size(file)).sum();
    assertTrue(bytes <= MAX_BYTES, bytes + " bytes");
  }

  @Test
  void itSaysWhichVersionAndCommitItHoldsUnderWhichLicence() {
    JsonNode labels = image.configuration().path("Labels");
    assertEquals(
        Image.VERSION, labels.path("org.opencontainers.image.version").asString(), "version");
    assertEquals(
        Image.commit(), labels.path("org.opencontainers.image.revision").asString(), "revision");
    assertEquals(
        VersionsTest.licence(),
        labels.path("org.opencontainers.image.licenses").asString(),
        "licenses");
  }

  @Test
  void itHoldsWhatThisBuildPacked() throws IOException {
    assertArrayEquals(
        Files.readAllBytes(Path.of("target/carol-llm-settings.jar")),
        Files.readAllBytes(image.root().resolve(HOME).resolve("carol-llm-settings.jar")));
  }

  @Test
  void itsUserIsANumberAndNotRoot() {
    // Kubernetes cannot tell whether a name is root's, and would not start it.
    String user = image.configuration().path("User").asString();
    assertTrue(user.matches("[1-9][0-9]*:[1-9][0-9]*"), user);
  }

  @Test
  void nothingInItGivesRightsOrCanBeChangedOutsideTmp() {
    assertEquals(
        List.of(),
        files(file -> Files.isRegularFile(file) && (mode(file) & SET_USER_OR_GROUP_ID) != 0));
    assertEquals(
        List.of(image.root().resolve("tmp")),
        files(file -> (mode(file) & WRITABLE_BY_OTHERS) != 0 || isTheUsers(file)));
  }

  @Test
  void theOnlyProgramsInItAreThoseOfTheJavaRuntime() {
    assertEquals(
        List.of(),
        files(file ->
            !Files.isDirectory(file)
                && PROGRAM.matcher(image.root().relativize(file).toString()).matches()));
  }

  @Test
  void itServesFromItsCacheWithoutRightsAndStopsInGoodOrder() throws Exception {
    try (ServiceProcess service =
        image.start(
            TestService.newConfiguration("carol.shutdown.drain.seconds", "0"),
            // On: where the cache is not of this very runtime and jar, it does not start at all.
            "-XX:AOTMode=on -Xlog:class+load")) {
      service.awaitReady();
      List<String> ownClasses =
          service
              .out()
              .lines()
              .filter(line -> line.matches(".*\\[class,load *\\] io\\.carol\\.llm\\..*"))
              .toList();
      assertFalse(ownClasses.isEmpty());
      assertEquals(
          List.of(),
          ownClasses.stream().filter(line -> !line.contains("shared objects file")).toList());

      Reply info = new Api(service.observePort(), null).send("GET", "/observe/info", null);
      assertEquals(Image.commit(), info.text("commit"));

      Api anna = new Api(service.port(), TestService.identity().token("anna"));
      String body = "{\"provider\":\"anthropic\",\"model\":\"claude\",\"apiKey\":\"sk-ant-1\"}";
      assertEquals(201, anna.put(body).status());
      assertEquals("claude", anna.get().text("model"));
      assertEquals(204, anna.delete().status());
      assertEquals(404, anna.get().status());

      service.terminate();
      assertEquals(0, service.exitCode(), service.err());
    }
  }

  private List<Path> files(Predicate<Path> which) {
    try (Stream<Path> all = Files.walk(image.root())) {
      return all.filter(file -> !Files.isSymbolicLink(file) && which.test(file)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isTheUsers(Path file) {
    return image.userId() == (int) attribute(file, "unix:uid")
        || image.userId() == (int) attribute(file, "unix:gid");
  }

  private static int mode(Path file) {
    return (int) attribute(file, "unix:mode");
  }

  private static long size(Path file) {
    return (long) attribute(file, "size");
  }

  private static Object attribute(Path file, String name) {
    try {
      return Files.getAttribute(file, name, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
