package io.carol.llm.observability;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import jakarta.json.stream.JsonGeneratorFactory;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.slf4j.event.KeyValuePair;

/**
 * One flat JSON object a line: {@code time} (ISO 8601, UTC), {@code level}, {@code logger}, {@code
 * message} unless it is empty, the fields of the event, and {@code stack} where something was
 * thrown. Numbers stay numbers. Thread-safe.
 */
final class JsonLayout extends LayoutBase<ILoggingEvent> {
  private static final JsonGeneratorFactory JSON =
      JsonProvider.provider().createGeneratorFactory(Map.of());

  @Override
  public String doLayout(ILoggingEvent event) {
    StringWriter line = new StringWriter(256);
    try (JsonGenerator json = JSON.createGenerator(line)) {
      json.writeStartObject()
          .write("time", event.getInstant().toString())
          .write("level", event.getLevel().toString())
          .write("logger", event.getLoggerName());
      String message = event.getFormattedMessage();
      if (message != null && !message.isEmpty()) {
        json.write("message", message);
      }
      List<KeyValuePair> fields = event.getKeyValuePairs();
      if (fields != null) {
        fields.forEach(field -> write(json, field));
      }
      if (event.getThrowableProxy() != null) {
        json.write("stack", ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
      json.writeEnd();
    }
    return line.append('\n').toString();
  }

  private static void write(JsonGenerator json, KeyValuePair field) {
    switch (field.value) {
      case Number number -> json.write(field.key, new BigDecimal(number.toString()));
      case null, default -> json.write(field.key, String.valueOf(field.value));
    }
  }
}
