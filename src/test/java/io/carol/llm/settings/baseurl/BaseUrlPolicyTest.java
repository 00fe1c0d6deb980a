package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.Outcome.ACCEPTED;
import static io.carol.llm.testing.Outcome.FORBIDDEN;
import static io.carol.llm.testing.Outcome.MALFORMED;
import static io.carol.llm.testing.Outcome.assertOutcome;
import static io.carol.llm.testing.TestPolicy.ALL_HOSTS;
import static io.carol.llm.testing.TestPolicy.PUBLIC_HOSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.testing.Outcome;
import io.carol.llm.testing.Words;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The policy as a whole. Its parts are in the tests of hosts, address ranges and paths. */
final class BaseUrlPolicyTest {
  @ParameterizedTest
  @CsvSource({
    "https://api.openai.com, https://api.openai.com",
    "https://api.openai.com/, https://api.openai.com",
    "https://api.openai.com/V1/A:80@b, https://api.openai.com",
    "HTTPS://API.OpenAI.com/v1, https://api.openai.com",
    "https://api.openai.com:443/v1, https://api.openai.com",
    "https://api.openai.com:80/v1, https://api.openai.com:80",
    "https://api.openai.com:8443, https://api.openai.com:8443",
    "hTTp://LocalHost:80/v1, http://localhost",
    "http://localhost:443, http://localhost:443",
    "http://My_Ollama:11434, http://my_ollama:11434",
    "http://10.0.0.1:80/, http://10.0.0.1",
    "https://XN--BCHER-KVA.example, https://xn--bcher-kva.example",
    "http://[0:0:0:0:0:0:0:1]:80, http://[::1]",
    "http://[::0001]:11434, http://[::1]:11434",
    "https://[2a00:1450::192.0.2.33]:443/v1, https://[2a00:1450::c000:221]",
  })
  void theOriginIsCanonicalWhateverTheSpelling(String url, String origin) {
    assertEquals(new BaseUrl(url.replaceFirst("/$", ""), origin), ALL_HOSTS.parse(url));
    assertEquals(origin, ALL_HOSTS.parse(origin).origin());
  }

  @ParameterizedTest
  @Words(
      """
      ftp://a.example httpss://a.example https+unix://a.example https:a.example https:/a.example
      https//a.example https;//a.example a.example a.example/v1 a.example://
      url:https://a.example https:https://a.example
      """)
  void everySchemeButHttpsAndHttpIsMalformed(String url) {
    assertOutcome(MALFORMED, url);
  }

  @Test
  void urlsOfUpTo2048CharactersAreAccepted() {
    String start = "https://llm.example.com/";
    String longest = start + "a".repeat(2048 - start.length());
    assertOutcome(ACCEPTED, longest);
    assertOutcome(ACCEPTED, " \t\r\n\u200b\ufeff" + longest + " \t\r\n\u200b\ufeff");
    assertOutcome(ACCEPTED, start + "%41".repeat((2048 - start.length()) / 3));
  }

  @Test
  void longerUrlsAreTooLongWhateverElseIsWrong() {
    assertOutcome("too_long", "https://llm.example.com/" + "a".repeat(2025));
    assertOutcome("too_long", "\u0000".repeat(2049));
    assertOutcome(MALFORMED, "\u0000".repeat(2048));
    assertOutcome("too_long", "a".repeat(1_000_000));
  }

  @ParameterizedTest
  @Words(
      """
      LOCALHOST api.localhost my_ollama mac.local vm.internal nas.lan gpu.home.arpa
      ollama.ai.svc ollama.ai.svc.cluster.local
      """)
  void privateNamesAreForbiddenInEitherSchemeWherePrivateHostsAreOff(String host) {
    for (String scheme : new String[] {"http://", "https://"}) {
      String url = scheme + host + ":8080/v1";
      assertOutcome(ACCEPTED, url);
      assertEquals(FORBIDDEN, Outcome.ofBaseUrl(PUBLIC_HOSTS, url), url);
    }
  }

  @Test
  void theSyntaxIsCheckedBeforeTheKindOfHost() {
    assertEquals(MALFORMED, Outcome.ofBaseUrl(PUBLIC_HOSTS, "http://localhost/.."));
    assertEquals(MALFORMED, Outcome.ofBaseUrl(PUBLIC_HOSTS, "http://169.254.169.254/.."));
    assertEquals(MALFORMED, Outcome.ofBaseUrl(PUBLIC_HOSTS, "http://llm.example.com/.."));
  }

  @ParameterizedTest
  @CsvSource({
    "http://llm.example.com, Use https",
    "ftp://llm.example.com, https://",
    "https://b\u00fccher.example, xn--",
    "https://u:p@llm.example.com, user name or password",
    "https://llm.example.com?x, query",
    "https://llm.example.com/#x, fragment",
    "https://llm.example.com\\v1, backslash",
    "https://llm.example .com, whitespace",
    "'https://llm.example.com/v1\u007f', control characters",
    "https://llm%2eexample.com, percent-encoded",
    "https://llm.example.com/{name}, Placeholders",
    "https://llm.example.com., end in a dot",
    "https://my_llm.example.com, Underscores",
    "https://2130706433, four decimal numbers",
    "http://::1:8080, brackets",
    "http://[fe80::1%25eth0], zone",
    "http://localhost:0, 1 to 65535",
    "http://0.0.0.0:11434, localhost",
    "http://[::ffff:10.0.0.1], IPv4 address itself",
  })
  void messagesSayWhatToDo(String url, String advice) {
    InvalidValueException refusal =
        assertThrows(InvalidValueException.class, () -> ALL_HOSTS.parse(url));
    assertTrue(refusal.getMessage().contains(advice), refusal.getMessage());
  }

  @Test
  void messagesDoNotAdviseAPrivateHostWherePrivateHostsAreOff() {
    InvalidValueException refusal =
        assertThrows(
            InvalidValueException.class, () -> PUBLIC_HOSTS.parse("http://llm.example.com"));
    assertEquals("base_url_insecure", refusal.code());
    assertFalse(refusal.getMessage().contains("private"), refusal.getMessage());
  }

  @ParameterizedTest
  @Words(
      """
      s3cr3t s3cr3t://a.example https://s3cr3t@a.example https://a:s3cr3t@a.example
      http://s3cr3t.example https://s3cr3t_.example https://[s3cr3t] https://a.example:s3cr3t
      https://a.example/{s3cr3t} https://a.example/s3cr3t/%zz https://a.example/s3cr3t/%ff
      https://a.example/s3cr3t/.. https://a.example/?key=s3cr3t https://a.example/#s3cr3t
      https://169.254.169.254/s3cr3t https://s3cr3t.metadata.google.internal
      https://s3cr3t\u00e9.example
      """)
  void messagesNeverHoldTheValue(String url) {
    InvalidValueException refusal =
        assertThrows(InvalidValueException.class, () -> ALL_HOSTS.parse(url));
    StringWriter printed = new StringWriter();
    refusal.printStackTrace(new PrintWriter(printed));
    assertFalse(printed.toString().contains("s3cr3t"), printed.toString());
  }
}
