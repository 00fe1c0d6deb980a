package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.TestPolicy.ALL_HOSTS;
import static io.carol.llm.testing.TestPolicy.PUBLIC_HOSTS;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.UnseenCharacters;
import io.carol.llm.testing.CaseFile;
import io.carol.llm.testing.Outcome;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The collected base URLs that must be accepted or refused, in {@code base_url_cases.json}. */
final class BaseUrlCasesTest {
  static Stream<Arguments> accepted() {
    return CaseFile.of("/url/base_url_cases.json", "accept", "why", "url");
  }

  static Stream<Arguments> refused() {
    return CaseFile.of("/url/base_url_cases.json", "reject", "why", "url");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("accepted")
  void acceptsAndKeepsTheTextButForItsEnds(String why, String url) {
    String kept = UnseenCharacters.strip(url).replaceFirst("/$", "");
    assertEquals(kept, ALL_HOSTS.parse(url).text(), why);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refusesWithoutEchoingTheValue(String why, String url) {
    for (BaseUrlPolicy policy : new BaseUrlPolicy[] {ALL_HOSTS, PUBLIC_HOSTS}) {
      InvalidValueException refusal =
          assertThrows(InvalidValueException.class, () -> policy.parse(url), why);
      assertTrue(Outcome.BASE_URL_CODES.contains(refusal.code()), refusal.code());
      assertNull(refusal.getCause());
      assertFalse(
          !url.isEmpty() && refusal.toString().contains(url), "the message echoes the value");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("accepted")
  void refusesPlainHttpWhenPrivateHostsAreOff(String why, String url) {
    String expected =
        url.strip().startsWith("https://") ? Outcome.ACCEPTED : "base_url_forbidden_host";
    assertEquals(expected, Outcome.ofBaseUrl(PUBLIC_HOSTS, url), why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tr-TR", "th-TH-u-nu-thai", "fa-u-nu-arabext"})
  @ResourceLock(Resources.LOCALE)
  void decidesTheSameInEveryLocale(String locale) {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag(locale));
    try {
      assertAll(
          Stream.concat(accepted(), refused())
              .map(example -> (String) example.get()[1])
              .map(url ->
                  () -> {
                    String there = outcome(url);
                    Locale.setDefault(Locale.ROOT);
                    String atHome = outcome(url);
                    Locale.setDefault(Locale.forLanguageTag(locale));
                    assertEquals(atHome, there);
                  }));
      assertEquals("http://internal.lan:8080", origin("HTTP://INTERNAL.LAN:8080/I"));
      assertEquals("https://10.20.30.40:65535", origin("https://10.20.30.40:65535"));
      assertEquals("https://[fc00:ab12::9]:1234", origin("https://[FC00:AB12::0009]:1234"));
    } finally {
      Locale.setDefault(before);
    }
  }

  private static String outcome(String url) {
    try {
      return origin(url);
    } catch (InvalidValueException e) {
      return e.code() + ": " + e.getMessage();
    }
  }

  private static String origin(String url) {
    return ALL_HOSTS.parse(url).origin();
  }
}
