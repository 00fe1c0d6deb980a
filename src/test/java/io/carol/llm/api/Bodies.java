package io.carol.llm.api;

import jakarta.json.JsonObjectBuilder;
import jakarta.json.spi.JsonProvider;
import org.jspecify.annotations.Nullable;

/** Bodies of PUT requests. */
final class Bodies {
  private static final JsonProvider JSON = JsonProvider.provider();

  private Bodies() {}

  /**
   * A JSON object of text members.
   *
   * @param members names and values in turn; a value of null is JSON's null
   */
  static String json(@Nullable String... members) {
    JsonObjectBuilder object = JSON.createObjectBuilder();
    for (int i = 0; i < members.length; i += 2) {
      String name = String.valueOf(members[i]);
      String value = members[i + 1];
      if (value == null) {
        object.addNull(name);
      } else {
        object.add(name, value);
      }
    }
    return object.build().toString();
  }
}
