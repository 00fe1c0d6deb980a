package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.Outcome.ACCEPTED;
import static io.carol.llm.testing.Outcome.MALFORMED;
import static io.carol.llm.testing.Outcome.assertOutcome;

import io.carol.llm.testing.Words;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The path of a base URL. */
final class BaseUrlPathTest {
  @ParameterizedTest
  @Words(
      """
      / /v1 /v1/ /api/v1/openai/ /v1beta/openai/ /openai/deployments/gpt-4o_mini.2024~08
      /client/v4/accounts/0123abcd/ai/v1 /@scope/a:b /a!$&'()*+,;=b /a;b=c/d /my%20model
      /caf%C3%A9/%e4%bd%a0 /%7Bname%7D /.well-known /... /..a/a../.a./a.b /%2e%2e%2e /a%2Eb
      """)
  @ValueSource(strings = {""})
  void pathsOfRfc3986AreAccepted(String path) {
    assertOutcome(ACCEPTED, "https://llm.example.com" + path);
    assertOutcome(ACCEPTED, "http://[::1]:8080" + path);
  }

  @ParameterizedTest
  @Words(
      """
      /. /.. /./v1 /../v1 /v1/. /v1/.. /v1/./ /v1/../admin /%2e /%2E%2e /.%2e/x /%2e./x /a/%2E
      /..;/admin /..;a=b/admin /.; /%2e%2e;x /..%3b/x /..%3Bx
      """)
  void pathsWithDotSegmentsAreMalformed(String path) {
    assertOutcome(MALFORMED, "https://llm.example.com" + path);
  }

  @ParameterizedTest
  @Words(
      """
      // //v1 /v1// /v1//chat /// //evil.example/v1 /https://evil.example
      """)
  void pathsWithEmptySegmentsAreMalformed(String path) {
    assertOutcome(MALFORMED, "https://llm.example.com" + path);
  }

  @ParameterizedTest
  @Words(
      """
      /% /%4 /a% /a%2 /%zz /%4g /%g4 /%%34 /%u0041 /%+1 /%\uff11\uff11 /%\u0661\u0661
      """)
  @ValueSource(strings = {"/% 1"})
  void pathsWithBrokenEscapesAreMalformed(String path) {
    assertOutcome(MALFORMED, "https://llm.example.com" + path);
  }

  @ParameterizedTest
  @Words(
      """
      /%2f /a%2Fb /..%2fadmin /%5c /..%5C /%3f /%3Fx /%23 /%25 /%252e /%252f /%00 /v1%00 /%0a
      /%0D%0aHost:%20x /%09 /%1f /%7F /%c2%85
      """)
  void pathsWithEscapesThatAProgramMayDecodeTooEarlyAreMalformed(String path) {
    assertOutcome(MALFORMED, "https://llm.example.com" + path);
  }

  @ParameterizedTest
  @Words(
      """
      /%80 /%e4 /%c0%ae /%C0%AF /%e0%80%ae /%ff /%ed%a0%80 /%f4%90%80%80
      """)
  void pathsWithEscapesThatAreNotUtf8AreMalformed(String path) {
    assertOutcome(MALFORMED, "https://llm.example.com" + path);
  }

  @ParameterizedTest
  @Words(
      """
      /{deployment}/v1 /<name> /a|b /a^b /a`b /"a" /[a] /a\\b /a\tb /caf\u00e9
      /\ud83d ? /? # /# /v1?a=b#c
      """)
  @ValueSource(strings = {"/a b", "/a\nb", " /", "/\0"})
  void pathsWithOtherCharactersAreMalformed(String path) {
    assertOutcome(MALFORMED, "https://llm.example.com" + path);
  }
}
