package io.carol.llm.log;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

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

  /** In the order in which they were given. */
  public Map<String, Object> values() {
    return values;
  }

  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(field -> field.getKey() + "=" + field.getValue())
        .collect(Collectors.joining(" "));
  }
}
