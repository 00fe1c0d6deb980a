package io.carol.llm;

import io.carol.llm.http.TraceId;
import io.carol.llm.observability.LogFields;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import jakarta.json.stream.JsonGeneratorFactory;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * One JSON object a line: {@code time}, {@code level}, {@code logger}, {@code traceId} where there
 * is one, then {@code message}, or the fields of a line that consists of such, and {@code stack}.
 */
final class JsonLogFormatter extends Formatter {
  private static final JsonGeneratorFactory JSON =
      JsonProvider.provider().createGeneratorFactory(Map.of());

  @Override
  public String format(LogRecord logged) {
    StringWriter line = new StringWriter(256);
    try (JsonGenerator json = JSON.createGenerator(line)) {
      json.writeStartObject()
          .write("time", logged.getInstant().toString())
          .write("level", logged.getLevel().getName())
          .write("logger", Objects.requireNonNullElse(logged.getLoggerName(), ""));
      TraceId.current().ifPresent(traceId -> json.write("traceId", traceId.value()));
      LogFields fields = LogFields.of(logged);
      if (fields != null) {
        fields
            .values()
            .forEach((name, value) -> {
              switch (value) {
                case BigDecimal number -> json.write(name, number);
                case Integer number -> json.write(name, number);
                case Long number -> json.write(name, number);
                default -> json.write(name, value.toString());
              }
            });
      } else {
        json.write("message", Objects.requireNonNullElse(formatMessage(logged), ""));
      }
      Throwable thrown = logged.getThrown();
      if (thrown != null) {
        StringWriter stack = new StringWriter();
        thrown.printStackTrace(new PrintWriter(stack));
        json.write("stack", stack.toString());
      }
      json.writeEnd();
    }
    return line.append('\n').toString();
  }
}
