package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whatever is logged is one JSON object on one line. */
final class JsonLogFormatterTest {
  private final JsonLogFormatter formatter = new JsonLogFormatter();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "It works",
        "a\nb\r\u0000\u001b\u2028",
        "\"},{\"forged\":\"\\",
        "\ud800",
        "模型"
      })
  void theMessageIsWhatWasLogged(String text) {
    assertEquals(text, line(new LogRecord(Level.INFO, text)).path("message").asString());
  }

  @Test
  void anExceptionWithItsCausesStaysOnTheLine() {
    LogRecord logged = new LogRecord(Level.SEVERE, "failed");
    logged.setLoggerName("io.carol.llm.some.Logger");
    logged.setThrown(new IllegalStateException("one\ntwo", new IllegalArgumentException("inner")));
    JsonNode line = line(logged);
    assertEquals("io.carol.llm.some.Logger", line.path("logger").asString());
    List<String> stack = line.path("stack").asString().lines().toList();
    assertEquals("java.lang.IllegalStateException: one", stack.getFirst());
    assertTrue(stack.contains("Caused by: java.lang.IllegalArgumentException: inner"));
  }

  @Test
  void aRecordWithoutMessageOrLoggerIsALineAsWell() {
    JsonNode line = line(new LogRecord(Level.INFO, null));
    assertEquals("", line.path("message").asString());
    assertEquals("", line.path("logger").asString());
  }

  private JsonNode line(LogRecord logged) {
    String text = formatter.format(logged);
    assertEquals(text.length() - 1, text.indexOf('\n'), text);
    return new JsonMapper().readTree(text);
  }
}
