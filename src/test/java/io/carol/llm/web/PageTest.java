package io.carol.llm.web;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How files of the page are sent. Those asked for here are made for the test; {@link PageIT} tries
 * the real ones in a browser.
 */
final class PageTest {
  private static final String SAMPLE = "/assets/sample.js";

  @AutoClose private static final TestService service = TestService.start();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "br                        | br",
        "identity, x-gzip          | gzip",
        "gzip                      | gzip",
        "GZIP                      | gzip",
        "gzip, deflate, br, zstd   | br",
        "gzip;q=1.0, br;q=0        | gzip",
        "gzip;q=0.001              | gzip",
        "gzip;q=0.000, br; q=0.0   | ''",
        "gzip;q=0, *;q=0           | ''",
        "identity                  | ''",
        "notgzip, gzipped, brotli  | ''",
        "''                        | ''"
      })
  void theCompressedFileIsSentThatTheClientAccepts(String accepted, String sent) {
    Reply reply = get(SAMPLE, "Accept-Encoding", accepted);
    assertEquals(200, reply.status());
    assertEquals(sent, reply.header("content-encoding"));
    String text =
        switch (sent) {
          case "br" -> "sample.js, compressed by the build with brotli\n";
          case "gzip" -> "sample.js, compressed by the build with gzip\n";
          default -> "const sample = \"plain\";\n";
        };
    assertEquals(text, reply.body());
    assertEquals("text/javascript; charset=utf-8", reply.header("content-type"));
    assertEquals("Accept-Encoding", reply.header("vary"));
    assertEquals("public, max-age=31536000, immutable", reply.header("cache-control"));
    assertTrue(
        reply.header("content-security-policy").startsWith("default-src 'none'; script-src"));
  }

  @Test
  void aFileWithoutACompressedOneIsSentAsItIs() {
    Reply reply = get("/assets/small.css", "Accept-Encoding", "br, gzip");
    assertEquals(200, reply.status());
    assertEquals("", reply.header("content-encoding"));
    assertEquals("body { color: black }\n", reply.body());
  }

  /** As the licences of the bundled packages are, and the texts in other languages. */
  @ParameterizedTest
  @CsvSource({"/sample.txt, text/plain; charset=utf-8", "/assets/sample.json, application/json"})
  void aFileIsSentAsWhatItsNameSays(String file, String type) {
    Reply reply = get(file);
    assertEquals(200, reply.status());
    assertEquals(type, reply.header("content-type"));
    assertEquals("\"plain text\"\n", reply.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {SAMPLE + ".br", SAMPLE + ".gz", "/assets/", "/assets", "/assets/none.js", "/web/"})
  void nothingElseOfTheFolderIsSent(String path) {
    assertProblem(404, "not_found", get(path, "Accept", "*/*"));
  }

  @ParameterizedTest
  @CsvSource({"/account, ./", "/account/, ../", "/account/llm?x=1, ../", "/some/deep/path, ../../"})
  void anAddressInsideThePageLeadsToItWhateverPrefixAProxyHasTakenOff(
      String path, String location) {
    Reply reply = get(path, "Accept", "text/html,application/xhtml+xml");
    assertEquals(302, reply.status());
    assertEquals(location, reply.header("location"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/other", "/openapi/x", "/account/file.txt", "/account/llm"})
  void aProgramThatAsksInVainGetsAProblem(String path) {
    String accept = path.equals("/account/llm") ? "application/json" : "text/html";
    assertProblem(404, "not_found", get(path, "Accept", accept));
  }

  @ParameterizedTest
  @CsvSource({
    "https://carol.example/sign-in, https://carol.example/sign-in",
    "https://carol.example/?a=1&b=\"2\", https://carol.example/?a=1&amp;b=&quot;2&quot;"
  })
  void theSignInAddressIsPutIntoThePage(String url, String escaped) {
    assertEquals(
        "<meta name=\"carol-sign-in\" content=\"" + escaped + "\" />",
        Page.withSignInUrl("<meta name=\"carol-sign-in\" content=\"\" />", url));
  }

  private static Reply get(String path, String... headers) {
    return service.anonymous().send("GET", path, null, headers);
  }
}
