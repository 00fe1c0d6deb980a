package io.carol.llm.observability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.event.KeyValuePair;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whatever is logged is one flat JSON object on one line. */
final class JsonLayoutTest {
  private final JsonLayout layout = new JsonLayout();

  @Test
  void timeLevelAndLoggerComeFirstAndFieldsKeepTheirTypes() {
    assertEquals(
        "{\"time\":\"2026-02-03T04:05:06.007Z\",\"level\":\"INFO\","
            + "\"logger\":\"io.carol.llm.some.Logger\",\"message\":\"done\",\"id\":\"a\","
            + "\"status\":200,\"rows\":3,\"duration_ms\":1.20,\"none\":\"null\"}\n",
        layout.doLayout(
            LogEvents.event(
                "done",
                new KeyValuePair("id", "a"),
                new KeyValuePair("status", 200),
                new KeyValuePair("rows", 3L),
                new KeyValuePair("duration_ms", new BigDecimal("1.20")),
                new KeyValuePair("none", null))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"It works", "a\nb\r\u0000\u001b\u2028", "\"},{\"forged\":\"\\", "\ud800", "模型"})
  void theMessageIsWhatWasLogged(String text) {
    assertEquals(text, line(LogEvents.event(text)).path("message").asString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null"})
  void anEventWithoutMessageHasNone(String text) {
    assertTrue(
        line(LogEvents.event(text.equals("null") ? null : text)).path("message").isMissingNode());
  }

  @Test
  void anExceptionWithItsCausesStaysOnTheLine() {
    JsonNode line =
        line(
            LogEvents.thrown(
                new IllegalStateException("one\ntwo", new IllegalArgumentException("inner"))));
    List<String> stack = line.path("stack").asString().lines().toList();
    assertEquals("java.lang.IllegalStateException: one", stack.getFirst());
    assertTrue(stack.contains("Caused by: java.lang.IllegalArgumentException: inner"));
  }

  private JsonNode line(ILoggingEvent event) {
    String text = layout.doLayout(event);
    assertEquals(text.length() - 1, text.indexOf('\n'), text);
    return new JsonMapper().readTree(text);
  }
}
