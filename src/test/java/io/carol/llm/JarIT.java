package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is in the packed program, and what is not. */
final class JarIT {
  private static final Path LIBS = Path.of("target/libs");
  private static final List<Path> SOURCES = List.of(Path.of("src/main/java"));

  private static List<String> entries() throws IOException {
    try (JarFile jar = new JarFile(ServiceProcess.JAR.toFile())) {
      return jar.stream().filter(entry -> !entry.isDirectory()).map(Object::toString).toList();
    }
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @Test
  void everyClassInItComesFromTheProductsSources() throws IOException {
    List<String> classes = entries().stream().filter(entry -> entry.endsWith(".class")).toList();
    assertTrue(classes.contains("io/carol/llm/Main.class"));
    assertEquals(
        List.of(),
        classes.stream()
            .map(entry -> entry.replaceAll("(\\$.*)?\\.class$", ".java"))
            .filter(source -> SOURCES.stream().noneMatch(it -> Files.exists(it.resolve(source))))
            .toList());
  }

  @Test
  void besideClassesItHoldsTheContractTheSqlAndThePageOnly() throws IOException {
    Pattern known =
        Pattern.compile(
            "META-INF/.*|openapi/openapi\\.yaml"
                + "|sql/(statements\\.yaml|migrations/(V[0-9]{3}__\\w+|beforeEachMigrate)\\.sql)|web/.*|.*\\.class");
    assertEquals(
        List.of(), entries().stream().filter(entry -> !known.matcher(entry).matches()).toList());
    assertTrue(
        entries()
            .containsAll(
                List.of(
                    "openapi/openapi.yaml",
                    "sql/statements.yaml",
                    "sql/migrations/V001__users.sql",
                    "sql/migrations/V024__user_llm_credentials.sql",
                    "sql/migrations/V025__llm_encryption_keys.sql")));
  }

  @Test
  void itsLibrariesAreThoseItNamesAndNoOthers() throws IOException {
    try (JarFile jar = new JarFile(ServiceProcess.JAR.toFile())) {
      String classPath = jar.getManifest().getMainAttributes().getValue("Class-Path");
      assertEquals(
          names(LIBS),
          Stream.of(classPath.split(" "))
              .map(entry -> entry.replace("libs/", ""))
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  @Test
  void itsManifestSaysWhichVersionAndCommitItIs() throws IOException {
    try (JarFile jar = new JarFile(ServiceProcess.JAR.toFile())) {
      String version = jar.getManifest().getMainAttributes().getValue("Implementation-Version");
      assertTrue(
          version.matches("\\d+\\.\\d+\\.\\d+(-\\w+)?\\+(unknown|[0-9a-f]{40}(-modified)?)"),
          version);
    }
  }

  @Test
  void noLibraryIsForTestsOrDevelopment() throws IOException {
    Pattern foreign =
        Pattern.compile(
            "embedded|zonky|junit|archunit|json-schema|jackson|jqwik|jazzer|error_?prone|nullaway"
                + "|opentest4j|apiguardian|testing|mock",
            Pattern.CASE_INSENSITIVE);
    assertEquals(
        List.of(), names(LIBS).stream().filter(name -> foreign.matcher(name).find()).toList());
  }
}
