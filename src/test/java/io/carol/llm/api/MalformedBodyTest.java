package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.http.ProblemType;
import java.nio.charset.Charset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bodies that are not exactly one JSON value in UTF-8 with each member once (RFC 8259). None is
 * repeated or takes long.
 */
@Timeout(60)
final class MalformedBodyTest {
  private static final String VALID =
      "{\"provider\":\"openai_compatible\",\"model\":\"m\u00e9\ud83d\ude80\","
          + "\"baseUrl\":\"https://llm.example/v1\",\"apiKey\":\"<key>\"}";

  /** Not JSON, or not only: each is one body. */
  static final List<String> MALFORMED =
      List.of(
          // Nothing, or less than a value. Every beginning of a right one is tried below.
          "",
          "\r\n\t ",
          "}",
          "[",
          "\"",
          // More than one value.
          "{} {}",
          "{}]",
          "{}x",
          "{}\u0000",
          "{\"provider\":\"anthropic\",\"model\":\"m\"}{\"apiKey\":\"<key>\"}",
          "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"<key>\"} <key>",
          "null null",
          // Members that do not follow each other as they should.
          "{,}",
          "{\"provider\":\"anthropic\",}",
          "{\"provider\":\"anthropic\",,\"model\":\"m\"}",
          "{\"provider\":\"anthropic\" \"model\":\"m\"}",
          "{\"provider\" \"anthropic\"}",
          "{\"provider\":}",
          "{\"provider\"}",
          "{\"apiKey\":\"<key>\" \"<key>\"}",
          "{\"a\":[1,]}",
          "{\"a\":{\"b\":1]}",
          // Names that are not strings.
          "{provider:\"anthropic\"}",
          "{'provider':'anthropic'}",
          "{<key>:1}",
          // Literals and numbers that JSON does not have.
          "{\"apiKey\":<key>}",
          "{\"apiKey\":'<key>'}",
          "{\"apiKey\":nul}",
          "{\"a\":NaN}",
          "{\"a\":+1}",
          "{\"a\":01}",
          "{\"a\":1.}",
          "{\"a\":.5}",
          "{\"a\":0x10}",
          "{\"a\":\u0661}",
          "<key>",
          // Comments.
          "/**/{}",
          "// <key>\n{}",
          "{\"provider\":\"anthropic\" // <key>\n}",
          // Strings with what must be escaped, and escapes that there are not.
          "{\"apiKey\":\"<key>\n\"}",
          "{\"apiKey\":\"<key>\t\"}",
          "{\"apiKey\":\"<key>\u0000\"}",
          "{\"a\nb\":1}",
          "{\"apiKey\":\"<key>\\x41\"}",
          "{\"apiKey\":\"<key>\\'\"}",
          "{\"apiKey\":\"<key>\\\n\"}",
          "{\"apiKey\":\"<key>\\u\"}",
          "{\"apiKey\":\"<key>\\u004g\"}",
          "{\"apiKey\":\"<key>\\u+041\"}",
          "{\"apiKey\":\"<key>\\u\uff10\uff10\uff14\uff11\"}",
          "{\"apiKey\":\"<key>\\",
          "{\"apiKey\":\"<key>\\\"}",
          // Spaces that JSON does not know.
          "\u00a0{}",
          "{\u00a0}",
          "{}\u2028",
          "{\"provider\"\u2003:\"anthropic\"}",
          "\u0000{}",
          // A byte order mark is none of it either.
          "\ufeff{}",
          "{\ufeff\"provider\":\"anthropic\"}",
          // What other formats call an object.
          "provider=anthropic&apiKey=<key>",
          ")]}'\n{}",
          // A name twice.
          "{\"provider\":\"anthropic\",\"model\":\"a\",\"model\":\"b\"}",
          "{\"apiKey\":\"<key>\",\"apiKey\":null}",
          "{\"apiKey\":null,\"apiKey\":\"<key>\"}",
          "{\"apiKey\":\"<key>\",\"api\\u004bey\":\"other\"}",
          "{\"api\\u004bey\":null,\"\\u0061\\u0070\\u0069\\u004B\\u0065\\u0079\":\"<key>\"}",
          "{\"baseUrl\":null,\"provider\":\"anthropic\",\"model\":\"m\",\"baseUrl\":null}",
          "{\"x\":1,\"\\u0078\":2}",
          "{\"<key>\":1,\"<key>\":2}",
          "{\"\\ud800\":1,\"\\ud800\":2}",
          // Deeper than anything that could be meant.
          "[".repeat(33) + "]".repeat(33),
          "[".repeat(65_536),
          "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
          "{\"apiKey\":" + "[{\"a\":".repeat(30) + "\"<key>\"" + "}]".repeat(30) + "}",
          "{\"x\":" + "[".repeat(30_000) + "]".repeat(30_000) + "}");

  /** Bytes that are not UTF-8, in a string, a name, or outside both. */
  static final List<String> NOT_UTF_8 =
      List.of(
          "\u0080",
          "\u00c3(",
          "\u00f0\u009f\u009a",
          // A '/' that is longer than needed.
          "\u00c0\u00af",
          // Surrogates, and beyond Unicode.
          "\u00ed\u00a0\u0080",
          "\u00f4\u0090\u0080\u0080",
          "\u00ff",
          "caf\u00e9");

  private static void requireMalformed(String body, Charset charset) {
    assertEquals(ProblemType.MALFORMED_JSON, SettingsRequestTest.refused(body, charset).type());
  }

  @ParameterizedTest
  @FieldSource("MALFORMED")
  void isRefusedWhenItIsNotOneJsonValue(String body) {
    requireMalformed(body, UTF_8);
  }

  @ParameterizedTest
  @FieldSource("NOT_UTF_8")
  void isRefusedWhereverItIsNotUtf8(String bytes) {
    requireMalformed("{\"apiKey\":\"<key>" + bytes + "\"}", ISO_8859_1);
    requireMalformed("{\"" + bytes + "\":\"<key>\"}", ISO_8859_1);
    requireMalformed("{\"provider\":\"anthropic\",\"model\":\"" + bytes + "\"}", ISO_8859_1);
    requireMalformed(bytes + "{}", ISO_8859_1);
    requireMalformed("{}" + bytes, ISO_8859_1);
  }

  static Stream<Charset> otherCharsets() {
    return Stream.of(UTF_16LE, UTF_16BE, Charset.forName("UTF-32LE"), Charset.forName("UTF-32BE"));
  }

  @ParameterizedTest
  @MethodSource("otherCharsets")
  void isRefusedInOtherEncodingsOfUnicode(Charset charset) {
    requireMalformed(VALID, charset);
    requireMalformed("\ufeff" + VALID, charset);
    requireMalformed("{}", charset);
  }

  @Test
  void isRefusedWhereverItBreaksOff() {
    String bytes = new String(VALID.getBytes(UTF_8), ISO_8859_1);
    for (int length = 0; length < bytes.length(); length++) {
      requireMalformed(bytes.substring(0, length), ISO_8859_1);
    }
    SettingsRequestTest.read(VALID.replace("<key>", "sk-1"));
  }
}
