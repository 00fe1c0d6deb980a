package io.carol.llm.testing;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** One test for each of many texts, which are the tests' names. */
public final class Variants {
  private Variants() {}

  /** Tests that fail when {@code check} throws. */
  public static Stream<DynamicTest> each(Consumer<String> check, String... texts) {
    return Stream.of(texts).map(text -> dynamicTest(printable(text), () -> check.accept(text)));
  }

  private static String printable(String text) {
    StringBuilder name = new StringBuilder();
    text.chars()
        .limit(80)
        .forEach(c -> name.append(c < ' ' || c > '~' ? "\\x%02x".formatted(c) : (char) c));
    return name.isEmpty() ? "nothing" : name.toString();
  }
}
