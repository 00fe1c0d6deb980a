package io.carol.llm.observability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.event.KeyValuePair;

/** Nothing that is logged can look like a line of its own. */
final class TextLayoutTest {
  private static final String START = "2026-02-03T04:05:06.007Z INFO io.carol.llm.some.Logger";

  private final TextLayout layout = new TextLayout();

  @Test
  void anEventIsOneLineWithItsFieldsAfterTheMessage() {
    assertEquals(START + " It works\n", layout.doLayout(LogEvents.event("It works")));
    assertEquals(
        START + " It works id=a status=200\n",
        layout.doLayout(
            LogEvents.event(
                "It works", new KeyValuePair("id", "a"), new KeyValuePair("status", 200))));
    assertEquals(
        START + " id=a\n", layout.doLayout(LogEvents.event("", new KeyValuePair("id", "a"))));
    assertEquals(START + "\n", layout.doLayout(LogEvents.event(null)));
  }

  @Test
  void theTimeIsInUtcAndInAsciiDigitsInEveryLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("th-TH-u-nu-thai-ca-buddhist"));
      assertEquals(START + " a\\u2028b\n", new TextLayout().doLayout(LogEvents.event("a\u2028b")));
    } finally {
      Locale.setDefault(before);
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0, '\t', '\n', 0x0b, '\f', '\r', 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x200b, 0x200e,
        0x2028, 0x2029, 0x202e, 0x2066, 0x2069, 0xfeff, 0xd800, 0xdfff, 0xe0001
      })
  void whatEndsALineOrSteersATerminalIsEscaped(int character) {
    String text = "a" + Character.toString(character) + "b";
    String format = character > 0xffff ? "a\\U%08xb" : "a\\u%04xb";
    String escaped = String.format(Locale.ROOT, format, character);
    assertEquals(START + " " + escaped + "\n", layout.doLayout(LogEvents.event(text)));
    assertEquals(
        START + " id=" + escaped + "\n",
        layout.doLayout(LogEvents.event("", new KeyValuePair("id", text))));
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "naïve café", "Привет", "模型", "💛", "\\u000a", "{0} ${x} %s"})
  void ordinaryTextStaysAsItIs(String text) {
    assertEquals(START + " " + text + "\n", layout.doLayout(LogEvents.event(text)));
  }

  @Test
  void aStackTraceFollowsOnIndentedLinesWithItsCauses() {
    List<String> lines =
        layout
            .doLayout(
                LogEvents.thrown(
                    new IllegalStateException("outer", new IllegalArgumentException("inner"))))
            .lines()
            .toList();
    assertTrue(lines.getFirst().startsWith(START));
    assertEquals("\tjava.lang.IllegalStateException: outer", lines.get(1));
    assertTrue(lines.contains("\tCaused by: java.lang.IllegalArgumentException: inner"));
    assertTrue(lines.get(2).startsWith("\tat io.carol.llm.observability.TextLayoutTest."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\r\n", "\u000b", "\f", "\u0085", "\u2028", "\u2029"})
  void theMessageOfAnExceptionStaysOnIndentedLines(String end) {
    String forged = "x" + end + START + " forged" + end + end + "\u001b[1A";
    String text =
        layout.doLayout(LogEvents.thrown(new IllegalStateException(forged, new Exception(forged))));
    List<String> lines = List.of(text.split("[\n\r\u000b\f\u0085\u2028\u2029]"));
    assertTrue(lines.getFirst().startsWith(START));
    assertTrue(lines.stream().skip(1).allMatch(line -> line.startsWith("\t")), text);
    assertTrue(text.indexOf('\u001b') < 0, text);
  }

  @Test
  void causesInACircleEnd() {
    Exception one = new Exception("one");
    one.initCause(new Exception("two", one));
    assertTrue(layout.doLayout(LogEvents.thrown(one)).contains("CIRCULAR REFERENCE"));
  }
}
