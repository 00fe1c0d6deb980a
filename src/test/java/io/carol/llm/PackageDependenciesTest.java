package io.carol.llm;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.theClass;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmSettingsService;
import java.io.Serializable;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Which room may know of which. */
final class PackageDependenciesTest {
  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .importPackages("io.carol.llm");

  private static final Set<String> OPENING =
      Set.of(
          "getDecryptedLlmKey", "getDecryptedLlmSettings", "reveal", "open", "ring", "sealingRing");

  @TestFactory
  Stream<DynamicTest> rules() {
    return Stream.of(
            room(
                "crypto",
                "sealing must stay readable, and repeatable in another language, with the JDK alone"),
            room(
                "http",
                "what every exchange has in common must not know what the exchange is about",
                "io.carol.llm.log..",
                "io.helidon..",
                "jakarta.json.."),
            room("log", "every room writes to the log, so what that takes must know of none"),
            room(
                "database",
                "the pool and the schema must not know what is stored",
                "io.helidon..",
                "com.zaxxer.hikari..",
                "org.flywaydb..",
                "java.sql..",
                "javax.sql.."),
            room(
                "credentials",
                "the agent loop uses the domain without any HTTP",
                "com.github.benmanes.caffeine..",
                "io.carol.llm.crypto..",
                "io.carol.llm.database..",
                "io.carol.llm.log..",
                "io.helidon.config..",
                "io.helidon.common..",
                "io.helidon.dbclient..",
                "io.helidon.metrics.api..",
                "java.sql.."),
            room(
                "outbound",
                "the way out to an LLM must not depend on how its address and key are kept",
                "io.carol.llm.credentials.."),
            room(
                "auth",
                "which user a request is from must not depend on what it asks for",
                "io.carol.llm.config..",
                "io.carol.llm.http..",
                "io.helidon..",
                "io.micrometer.core.instrument..",
                "com.github.benmanes.caffeine..",
                "com.nimbusds..",
                "javax.net.ssl..",
                "org.slf4j.."),
            room(
                "limits",
                "how often somebody may ask must not depend on what they ask for",
                "io.carol.llm.http..",
                "io.helidon..",
                "com.github.benmanes.caffeine..",
                "io.github.bucket4j.."),
            room(
                "settings",
                "the resource turns HTTP into calls of the domain and does nothing else",
                "io.carol.llm.credentials..",
                "io.carol.llm.crypto..",
                "io.carol.llm.database..",
                "io.carol.llm.http..",
                "io.helidon..",
                "jakarta.json.."),
            room(
                "page",
                "the page is files, and talks to the service over HTTP only",
                "io.helidon.."),
            noClasses()
                .that()
                .resideInAnyPackage(
                    "io.carol.llm",
                    "..llm.settings..",
                    "..llm.http..",
                    "..llm.auth..",
                    "..llm.limits..",
                    "..llm.outbound..",
                    "..llm.page..")
                .should()
                .callMethodWhere(
                    describe(
                        "a method that leads to a stored key",
                        PackageDependenciesTest::leadsToAStoredKey))
                .because("a key that cannot be reached over HTTP cannot leak over HTTP"),
            theClass(ApiKey.class)
                .should()
                .notBeAssignableTo(Serializable.class)
                .because("a key must not be written anywhere by accident"),
            theClass(EncryptionKey.class)
                .should()
                .notBeAssignableTo(Serializable.class)
                .because("a key must not be written anywhere by accident"),
            classes()
                .that()
                .areTopLevelClasses()
                .and()
                .areNotInterfaces()
                .should()
                .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
                .orShould()
                .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT)
                .because("nothing here is made to be inherited from"),
            SlicesRuleDefinition.slices()
                .matching("io.carol.llm.(*)..")
                .should()
                .beFreeOfCycles()
                .because("two rooms that need each other are one room"))
        .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(PRODUCT)));
  }

  private static ArchRule room(String name, String reason, String... known) {
    String itself = "io.carol.llm." + name + "..";
    return classes()
        .that()
        .resideInAPackage(itself)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(itself, "java..", "javax.crypto..", "org.jspecify.annotations..")
                .or(resideInAnyPackage(known)))
        .because(reason);
  }

  private static boolean leadsToAStoredKey(JavaMethodCall call) {
    return OPENING.contains(call.getName())
        && Stream.of(LlmSettingsService.class, ApiKey.class, KeyRing.class, KeyRingProvider.class)
            .anyMatch(owner -> call.getTargetOwner().isEquivalentTo(owner));
  }
}
