package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.testing.ServiceProcess;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** The lists of what is in the program that travel in its jar (CycloneDX). */
final class SbomIT {
  private static JsonObject document(String name) throws IOException {
    try (JarFile jar = new JarFile(ServiceProcess.JAR.toFile())) {
      ZipEntry entry = jar.getEntry("META-INF/sbom/" + name);
      assumeTrue(entry != null, () -> name + " is missing: built with -Dpage.skip");
      try (JsonReader reader = Json.createReader(jar.getInputStream(entry))) {
        return reader.readObject();
      }
    }
  }

  @Test
  void itHasEveryLibraryAndNoOtherWithItsVersionAndHash() throws Exception {
    Map<String, String> listed = new TreeMap<>();
    for (JsonValue value : document("application.cdx.json").getJsonArray("components")) {
      JsonObject component = value.asJsonObject();
      String file = component.getString("name") + "-" + component.getString("version") + ".jar";
      listed.put(file, sha256(component));
    }
    Map<String, String> there = new TreeMap<>();
    try (Stream<Path> files = Files.list(Path.of("target/libs"))) {
      for (Path file : files.toList()) {
        there.put(file.getFileName().toString(), sha256(Files.readAllBytes(file)));
      }
    }
    assertEquals(there, listed);
  }

  @Test
  void itHasTheLicenceThatThePomNames() throws IOException {
    JsonObject program =
        document("application.cdx.json").getJsonObject("metadata").getJsonObject("component");
    Matcher pom =
        Pattern.compile("<license>([^<\n]+)</license>")
            .matcher(Files.readString(Path.of("pom.xml")));
    assertTrue(pom.find());
    assertEquals(Set.of(pom.group(1)), licences(program));
  }

  /** Of a library without a text of its own, another library has the text of the same licence. */
  @Test
  void theTextOfEveryLicenceAndAListForPeopleAreBesideIt() throws IOException {
    List<String> texts;
    String list;
    try (JarFile jar = new JarFile(ServiceProcess.JAR.toFile())) {
      texts = jar.stream().map(ZipEntry::getName).filter(it -> it.contains("LICENSE")).toList();
      ZipEntry entry = jar.getEntry("META-INF/third-party/THIRD-PARTY.txt");
      list = new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
    }
    Set<String> covered = new HashSet<>();
    Map<String, Set<String>> withoutText = new TreeMap<>();
    for (JsonValue value : document("application.cdx.json").getJsonArray("components")) {
      JsonObject library = value.asJsonObject();
      String name = library.getString("name") + "-" + library.getString("version");
      assertTrue(list.contains(":" + name.replaceFirst("-(?=[0-9.]+$)", ":")), name);
      if (texts.stream().anyMatch(it -> it.startsWith("META-INF/third-party/" + name + "-jar/"))) {
        covered.addAll(licences(library));
      } else {
        withoutText.put(name, licences(library));
      }
    }
    withoutText.values().removeIf(licences -> licences.stream().anyMatch(covered::contains));
    assertEquals(Map.of(), withoutText);
  }

  /** Identifiers or names. */
  private static Set<String> licences(JsonObject component) {
    return component.getJsonArray("licenses").stream()
        .map(choice -> choice.asJsonObject().getJsonObject("license"))
        .map(licence -> licence.getString("id", licence.getString("name", "")))
        .collect(Collectors.toSet());
  }

  private static String sha256(JsonObject component) {
    return component.getJsonArray("hashes").stream()
        .map(JsonValue::asJsonObject)
        .filter(hash -> hash.getString("alg").equals("SHA-256"))
        .map(hash -> hash.getString("content"))
        .collect(Collectors.joining());
  }

  private static String sha256(byte[] content) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
  }

  @Test
  void thePagesHasWhatTheBrowserGetsAndNoTools() throws IOException {
    assertEquals(
        Set.of(
            ("@babel/runtime @carol/llm-settings-client @tanstack/query-core "
                    + "@tanstack/react-query compute-scroll-into-view downshift js-tokens "
                    + "loose-envify object-assign prop-types react react-dom react-is scheduler "
                    + "tslib")
                .split(" ", -1)),
        document("page.cdx.json").getJsonArray("components").stream()
            .map(component -> component.asJsonObject().getString("name"))
            .collect(Collectors.toSet()));
  }

  @Test
  void theLicencesOfWhatTheBrowserGetsAreAFileOfThePage() throws IOException {
    document("page.cdx.json");
    try (JarFile jar = new JarFile(ServiceProcess.JAR.toFile())) {
      ZipEntry entry = jar.getEntry("web/third-party-licenses.txt");
      String text = new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
      for (String name : List.of("react", "react-dom", "@tanstack/query-core", "downshift")) {
        assertTrue(text.contains("## " + name + " - "), name + " in\n" + text);
      }
      assertTrue(text.contains("Permission is hereby granted"), text);
    }
  }

  /** The same sources make the same jar. */
  @Test
  void theyDoNotSayWhenTheyWereMade() throws IOException {
    for (String name : Set.of("application.cdx.json", "page.cdx.json")) {
      JsonObject document = document(name);
      assertFalse(document.containsKey("serialNumber"), name);
      assertFalse(document.getJsonObject("metadata").containsKey("timestamp"), name);
    }
  }
}
