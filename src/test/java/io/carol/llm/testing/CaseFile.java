package io.carol.llm.testing;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.spi.JsonProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Collected examples: JSON arrays, most of them under {@code src/test/resources}. */
public final class CaseFile {
  private static final JsonProvider JSON = JsonProvider.provider();

  private CaseFile() {}

  public static Stream<JsonObject> of(String resource) {
    try (InputStream in = CaseFile.class.getResourceAsStream(resource)) {
      return read(Objects.requireNonNull(in, resource)).getValuesAs(JsonObject.class).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Two members of each example that is expected to be {@code accept}ed or {@code reject}ed. */
  public static Stream<Arguments> of(String resource, String expect, String label, String value) {
    return of(resource)
        .filter(example -> example.getString("expect").equals(expect))
        .map(example -> Arguments.of(example.getString(label), example.getString(value)));
  }

  public static JsonArray read(InputStream in) {
    try (JsonReader reader = JSON.createReader(in)) {
      return reader.readArray();
    }
  }
}
