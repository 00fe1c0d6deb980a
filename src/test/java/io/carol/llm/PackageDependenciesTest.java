package io.carol.llm;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.theClass;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.provider.CheckResult;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.DecryptedLlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Which package may use which, and what none may do. */
final class PackageDependenciesTest {
  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .importUrl(Main.class.getProtectionDomain().getCodeSource().getLocation());

  private static final int MAX_LINES = 300;

  /** What leads to a stored key, or to what opens one. */
  private static final Set<String> OPENING =
      Set.of(
          "getDecryptedLlmKey",
          "getDecryptedLlmSettings",
          "getUnsavedLlmSettings",
          "apiKey",
          "reveal",
          "open",
          "ring",
          "sealingRing",
          "configured");

  /**
   * What libraries and the JDK offer for being extended. Anything else would hook into their
   * internals, which change with the next version.
   */
  private static final Map<String, String> EXTENSION_POINTS =
      Map.ofEntries(
          Map.entry("ch.qos.logback.core.LayoutBase", "the documented base of a log format"),
          Map.entry("com.nimbusds.jose.JWSVerifier", "a signature algorithm for Nimbus"),
          Map.entry(
              "com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory",
              "where Nimbus gets the algorithms"),
          Map.entry(
              "com.nimbusds.jose.crypto.impl.EdDSAProvider", "Nimbus' base of the algorithm EdDSA"),
          Map.entry("com.nimbusds.jose.jwk.source.JWKSetSource", "where Nimbus gets key sets"),
          Map.entry(
              "com.zaxxer.hikari.SQLExceptionOverride",
              "HikariCP asks it which errors end a connection"),
          Map.entry(
              "io.helidon.openapi.OpenApiManager",
              "how Helidon's OpenAPI feature serves a document"),
          Map.entry(
              "io.helidon.openapi.OpenApiService", "what that feature serves beside the document"),
          Map.entry("io.helidon.webserver.http.Filter", "a filter of Helidon"),
          Map.entry("io.helidon.webserver.http.Handler", "a handler of a route of Helidon"),
          Map.entry("io.helidon.webserver.http.HttpService", "a group of routes of Helidon"),
          Map.entry("java.io.Reader", "a source of characters, whose two methods it names"),
          Map.entry(
              "org.apache.hc.client5.http.DnsResolver",
              "where the HTTP client asks for addresses"));

  @TestFactory
  Stream<DynamicTest> rules() {
    return Stream.of(
            rule(
                "crypto",
                "sealing must stay readable, and repeatable in another language, with the JDK alone",
                ""),
            rule("config", "every package is handed what is configured", "io.helidon.config.."),
            rule(
                "http",
                "what every exchange shares must not know what the exchange is about",
                """
                io.carol.llm.observability.. io.helidon.. io.micrometer.core.instrument..
                jakarta.json.. org.slf4j..
                """),
            rule(
                "database",
                "the pool and the migrations must not know what is stored",
                """
                io.carol.llm.config.. com.github.benmanes.caffeine.. com.zaxxer.hikari..
                io.helidon.. org.flywaydb.. org.postgresql.util.. org.slf4j.. java.sql..
                javax.sql..
                """),
            rule(
                "keys",
                "which keys there are, and their rotation, is no matter of settings or of HTTP",
                """
                com.github.benmanes.caffeine.. io.carol.llm.crypto.. io.carol.llm.database..
                io.helidon.config.. io.helidon.dbclient.. org.slf4j..
                """),
            rule(
                "settings",
                "the agent loop uses the domain without HTTP",
                """
                io.carol.llm.config.. io.carol.llm.crypto.. io.carol.llm.database..
                io.carol.llm.keys.. io.carol.llm.observability.. com.github.benmanes.caffeine..
                io.helidon.config.. io.helidon.dbclient.. io.micrometer.core.instrument..
                java.sql.. org.apache.hc.client5.http.psl.. org.slf4j..
                """),
            rule(
                "settings.baseurl",
                "the address policy decides by the address alone",
                """
                io.carol.llm.config.. io.carol.llm.settings.. org.apache.hc.client5.http.psl..
                """),
            rule(
                "provider",
                "the way out to an LLM must not depend on how its address and key are kept",
                """
                io.carol.llm.crypto.. io.carol.llm.observability.. io.carol.llm.settings..
                jakarta.json.. org.apache.hc.. javax.net.ssl..
                """),
            rule(
                "auth",
                "who a user is must not depend on what the user wants",
                """
                io.carol.llm.config.. io.carol.llm.http.. com.github.benmanes.caffeine..
                com.nimbusds.. io.helidon.. io.micrometer.core.instrument.. javax.net.ssl..
                org.slf4j..
                """),
            rule(
                "api",
                "the resource turns HTTP into calls of the domain and does nothing else",
                """
                io.carol.llm.crypto.. io.carol.llm.database.. io.carol.llm.http..
                io.carol.llm.provider.. io.carol.llm.settings.. com.github.benmanes.caffeine..
                io.github.bucket4j.. io.helidon.. jakarta.json.. org.slf4j..
                """),
            rule(
                "observability",
                "it reports on the parts and takes no part in a request",
                """
                io.carol.llm.config.. io.carol.llm.crypto.. io.carol.llm.database..
                io.carol.llm.keys.. ch.qos.logback.. com.github.benmanes.caffeine..
                com.zaxxer.hikari.. io.helidon.health.. io.micrometer.. io.prometheus.metrics..
                jakarta.json.. org.slf4j..
                """),
            rule(
                "web",
                "the page is files, and talks to the service over HTTP alone",
                """
                io.carol.llm.http.. io.helidon.. jakarta.json.. org.yaml.snakeyaml..
                """),
            noClasses()
                .that()
                .resideInAnyPackage(
                    "io.carol.llm", "..llm.api..", "..llm.http..", "..llm.auth..", "..llm.web..")
                .should()
                .accessTargetWhere(
                    describe(
                        "a method that leads to a stored key",
                        PackageDependenciesTest::leadsToAStoredKey))
                .because("a key that cannot be reached over HTTP cannot leak over HTTP"),
            classes()
                .that()
                .areAssignableTo(CheckResult.class)
                .should()
                .onlyDependOnClassesThat(
                    resideInAnyPackage("java..", "org.jspecify.annotations..")
                        .or(
                            describe(
                                "parts of it",
                                type -> type.getName().startsWith(CheckResult.class.getName()))))
                .because("HTTP is handed how a check went, and never the key it was made with"),
            theClass(ApiKey.class)
                .should()
                .notBeAssignableTo(Serializable.class)
                .because("a key must not be written anywhere by accident"),
            theClass(EncryptionKey.class)
                .should()
                .notBeAssignableTo(Serializable.class)
                .because("a key must not be written anywhere by accident"),
            classes()
                .should(extendOnlyWhatIsMeantForIt())
                .because("hooks into the internals of a library break with its next version"),
            classes()
                .that()
                .areTopLevelClasses()
                .and()
                .areNotInterfaces()
                .should()
                .haveModifier(JavaModifier.FINAL)
                .orShould()
                .haveModifier(JavaModifier.ABSTRACT)
                .because("nothing here is made to be inherited from"),
            SlicesRuleDefinition.slices()
                .matching("io.carol.llm.(*)..")
                .should()
                .beFreeOfCycles()
                .because("two packages that need each other are one package"))
        .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(PRODUCT)));
  }

  @Test
  void noFileIsLongerThanAReaderCanKeepInMind() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      assertEquals(
          List.of(),
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> lines(file) > MAX_LINES)
              .toList(),
          "These have more than " + MAX_LINES + " lines: find what can stand by itself.");
    }
  }

  private static long lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A package of its own name may use these, between blanks, beside the core of the JDK. */
  private static ArchRule rule(String name, String reason, String known) {
    String itself = "io.carol.llm." + name + (name.equals("settings.baseurl") ? "" : "..");
    return classes()
        .that()
        .resideInAPackage(itself)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(itself, "java..", "javax.crypto..", "org.jspecify.annotations..")
                .or(resideInAnyPackage(known.strip().split("\\s+", -1))))
        .because(reason);
  }

  private static boolean leadsToAStoredKey(JavaAccess<?> access) {
    return OPENING.contains(access.getName())
        && Stream.of(
                LlmSettingsService.class,
                DecryptedLlmSettings.class,
                ApiKey.class,
                KeyRing.class,
                KeyRingProvider.class)
            .anyMatch(owner -> access.getTargetOwner().isEquivalentTo(owner));
  }

  private static ArchCondition<JavaClass> extendOnlyWhatIsMeantForIt() {
    return new ArchCondition<>("extend only what libraries offer for it") {
      @Override
      public void check(JavaClass ours, ConditionEvents events) {
        Stream.concat(ours.getRawSuperclass().stream(), ours.getRawInterfaces().stream())
            .filter(type -> !type.getPackageName().startsWith("io.carol.llm"))
            .filter(type -> !isCoreOfTheLanguage(type))
            .filter(type -> !EXTENSION_POINTS.containsKey(type.getName()))
            .forEach(type ->
                events.add(
                    SimpleConditionEvent.violated(
                        ours,
                        ours.getName()
                            + " extends or implements "
                            + type.getName()
                            + ": compose instead, or say in EXTENSION_POINTS where its"
                            + " documentation offers that")));
      }
    };
  }

  private static boolean isCoreOfTheLanguage(JavaClass type) {
    return type.isAssignableTo(Throwable.class)
        || Set.of(
                "java.lang.Object",
                "java.lang.Record",
                "java.lang.Enum",
                "java.lang.AutoCloseable",
                "java.lang.Comparable",
                "java.lang.annotation.Annotation")
            .contains(type.getName());
  }
}
