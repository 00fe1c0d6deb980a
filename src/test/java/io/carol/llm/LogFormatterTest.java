package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LogFormatterTest {
  private final LogFormatter formatter = new LogFormatter();

  @Test
  void aRecordIsOneLine() {
    assertEquals(
        "2026-02-03T04:05:06.007Z INFO io.carol.llm.some.Logger It works\n",
        formatter.format(record("It works")));
  }

  @Test
  void parametersArePutIn() {
    LogRecord logged = record("Listening on {0,number,#} and {1}");
    logged.setParameters(new Object[] {8080, "a\nb"});
    assertEquals("Listening on 8080 and a\\u000ab", message(logged));
  }

  @Test
  void theTimeIsInUtcAndInDigitsEverywhereCanRead() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("th-TH-u-nu-thai-ca-buddhist"));
      assertTrue(
          new LogFormatter().format(record("a\u2028b")).startsWith("2026-02-03T04:05:06.007Z "));
      assertEquals("a\\u2028b", message(record("a\u2028b")));
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
  void whatEndsALineOrSteersATerminalIsWrittenOut(int character) {
    String text = "a" + Character.toString(character) + "b";
    String escaped = "a\\u" + String.format(Locale.ROOT, "%04x", character) + "b";
    assertEquals(escaped, message(record(text)));
    LogRecord logged = record("failed");
    logged.setThrown(new IllegalStateException(text));
    assertEquals(
        "\tcaused by java.lang.IllegalStateException: " + escaped,
        formatter.format(logged).lines().toList().get(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "naïve café", "Привет", "模型", "💛", "\\u000a", "{0} ${x} %s"})
  void ordinaryTextStaysAsItIs(String text) {
    assertEquals(text, message(record(text)));
  }

  @Test
  void anExceptionFollowsOnIndentedLinesWithItsCauses() {
    LogRecord logged = record("failed");
    logged.setThrown(new IllegalStateException("outer", new IllegalArgumentException("inner")));
    List<String> lines = formatter.format(logged).lines().toList();
    assertTrue(lines.getFirst().endsWith(" failed"));
    assertTrue(lines.contains("\tcaused by java.lang.IllegalStateException: outer"));
    assertTrue(lines.contains("\tcaused by java.lang.IllegalArgumentException: inner"));
    assertTrue(
        lines.stream().anyMatch(line -> line.startsWith("\t\tat io.carol.llm.LogFormatterTest.")));
    assertTrue(lines.stream().skip(1).allMatch(line -> line.startsWith("\t")));
  }

  @Test
  void aRecordWithoutMessageIsALineAsWell() {
    LogRecord logged = record("");
    logged.setMessage(null);
    assertEquals("", message(logged));
  }

  @Test
  void causesInACircleEnd() {
    Exception one = new Exception("one");
    Exception other = new Exception("other", one);
    one.initCause(other);
    LogRecord logged = record("failed");
    logged.setThrown(one);
    String text = assertTimeoutPreemptively(Duration.ofSeconds(10), () -> formatter.format(logged));
    assertEquals(2, text.lines().filter(line -> line.startsWith("\tcaused by ")).count());
  }

  private String message(LogRecord logged) {
    String line = formatter.format(logged);
    String start = "2026-02-03T04:05:06.007Z INFO io.carol.llm.some.Logger ";
    assertTrue(line.startsWith(start), line);
    assertEquals(line.length() - 1, line.indexOf('\n'), line);
    return line.substring(start.length(), line.length() - 1);
  }

  private static LogRecord record(String message) {
    LogRecord logged = new LogRecord(Level.INFO, message);
    logged.setLoggerName("io.carol.llm.some.Logger");
    logged.setInstant(Instant.parse("2026-02-03T04:05:06.007Z"));
    return logged;
  }
}
