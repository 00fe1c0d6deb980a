package io.carol.llm.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AuditTest {
  private static final String DOCUMENT =
      """
      {"components": [{"purl": "pkg:maven/a/b@1.0?type=jar"}, {"purl": "pkg:npm/%40c/d@2.0"}]}
      """;

  @TempDir Path folder;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final AtomicReference<String> asked = new AtomicReference<>("");

  private int check(URI source) throws Exception {
    Path document = Files.writeString(folder.resolve("sbom.json"), DOCUMENT);
    return Audit.check(source, List.of(document), new PrintStream(said, true, UTF_8));
  }

  private int checkAgainst(int status, String answer) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            asked.set(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            exchange.sendResponseHeaders(status, answer.length());
            exchange.getResponseBody().write(answer.getBytes(UTF_8));
          }
        });
    server.start();
    try {
      return check(URI.create("http://localhost:" + server.getAddress().getPort() + "/"));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void itNamesEachVulnerabilityAndFails() throws Exception {
    String answer = "{\"results\":[{},{\"vulns\":[{\"id\":\"GHSA-1\"},{\"id\":\"GHSA-2\"}]}]}";
    assertEquals(Audit.VULNERABLE, checkAgainst(200, answer));
    assertEquals(
        """
        pkg:npm/%40c/d@2.0: https://osv.dev/vulnerability/GHSA-1
        pkg:npm/%40c/d@2.0: https://osv.dev/vulnerability/GHSA-2
        1 of 2 libraries have known vulnerabilities, says localhost.
        """,
        said.toString(UTF_8));
    assertEquals(
        "{\"queries\":[{\"package\":{\"purl\":\"pkg:maven/a/b@1.0\"}},"
            + "{\"package\":{\"purl\":\"pkg:npm/%40c/d@2.0\"}}]}",
        asked.get());
  }

  @Test
  void itSucceedsWhenNoneIsKnown() throws Exception {
    assertEquals(Audit.NONE_KNOWN, checkAgainst(200, "{\"results\":[{},{}]}"));
    assertEquals(
        "0 of 2 libraries have known vulnerabilities, says localhost.\n", said.toString(UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "500 | {\"results\":[{},{}]}",
        "200 | {\"results\":[{}]}",
        "200 | {\"results\":7}",
        "200 | {}",
        "200 | <html>"
      })
  void itSaysSoWhenTheAnswerIsNone(int status, String answer) throws Exception {
    assertEquals(Audit.NOT_CHECKED, checkAgainst(status, answer));
    assertNotChecked();
  }

  @Test
  void itSaysSoWhenThereIsNoAnswer() throws Exception {
    assertEquals(Audit.NOT_CHECKED, check(URI.create("http://localhost:1/")));
    assertNotChecked();
  }

  private void assertNotChecked() throws IOException {
    assertTrue(said.toString(UTF_8).startsWith("NOT CHECKED for known vulnerabilities: "));
    assertEquals(1, said.toString(UTF_8).lines().count());
  }
}
