package io.carol.llm.observability;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/** What a log line says, by name: {@code name=value …} in text, members of their own in JSON. */
public final class LogFields {
  private final Map<String, Object> values = new LinkedHashMap<>();

  /**
   * @param namesAndValues in turn; values are numbers, or texts without blanks
   */
  public LogFields(Object... namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put(namesAndValues[i].toString(), namesAndValues[i + 1]);
    }
  }

  /** What a record consists of; null where it is a message. */
  public static @Nullable LogFields of(LogRecord logged) {
    Object[] parameters = logged.getParameters();
    return parameters != null && parameters.length == 1 && parameters[0] instanceof LogFields fields
        ? fields
        : null;
  }

  /** In the order in which they were given. */
  public Map<String, Object> values() {
    return values;
  }

  @Override
  public String toString() {
    StringJoiner fields = new StringJoiner(" ");
    values.forEach((name, value) -> fields.add(name + "=" + value));
    return fields.toString();
  }
}
