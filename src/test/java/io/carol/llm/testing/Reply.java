package io.carol.llm.testing;

import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.io.StringReader;
import java.util.List;
import java.util.Map;

/**
 * An HTTP response as a test reads it.
 *
 * @param headers names in lower case
 */
public record Reply(int status, Map<String, List<String>> headers, String body) {
  private static final JsonProvider JSON = JsonProvider.provider();

  /** The body as JSON. */
  public JsonObject json() {
    return JSON.createReader(new StringReader(body)).readObject();
  }

  /** The problem's code; "none" when this is no problem. */
  public String code() {
    return json().getString("code", "none");
  }

  /** The pointers and codes of a validation problem, such as {@code /model required}. */
  public List<String> fieldErrors() {
    return json()
        .getOrDefault("errors", JsonValue.EMPTY_JSON_ARRAY)
        .asJsonArray()
        .getValuesAs(JsonObject.class)
        .stream()
        .map(error -> error.getString("pointer") + " " + error.getString("code"))
        .toList();
  }

  /** The only value of a header, or an empty text. */
  public String header(String name) {
    return String.join("|", headers.getOrDefault(name, List.of()));
  }

  /** A text member of the body, or "null". */
  public String text(String member) {
    return json().get(member) instanceof JsonString string
        ? string.getString()
        : String.valueOf(json().get(member));
  }
}
