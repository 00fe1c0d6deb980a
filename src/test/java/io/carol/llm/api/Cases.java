package io.carol.llm.api;

import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** The collected examples under {@code src/test/resources}. */
final class Cases {
  private Cases() {}

  /** Why, and the value itself. */
  static Stream<Arguments> of(String resource, String member, String expect) {
    try (InputStream in = Objects.requireNonNull(Cases.class.getResourceAsStream(resource))) {
      return JsonProvider.provider()
          .createReader(in)
          .readArray()
          .getValuesAs(JsonObject.class)
          .stream()
          .filter(example -> example.getString("expect").equals(expect))
          .map(example -> Arguments.of(example.getString("why"), example.getString(member)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
