package io.carol.llm.testing;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** Reads the JSON files of test cases. */
public final class Cases {
  private Cases() {}

  public static JsonArray ofResource(String name) {
    try (InputStream in = Cases.class.getResourceAsStream(name)) {
      return of(Objects.requireNonNull(in, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static JsonArray of(InputStream in) {
    try (JsonReader reader = Json.createReader(in)) {
      return reader.readArray();
    }
  }
}
