package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

public final class WhitespaceTest {
  @Test
  public void spaceTabAndLineEndsGoAtBothEndsOnly() {
    assertEquals("a \t\r\nb", Whitespace.trim(" \t\r\n\n a \t\r\nb \t\r\n\n "));
    assertEquals("a", Whitespace.trim("a"));
    assertEquals("", Whitespace.trim(" \t\r\n"));
    assertEquals("", Whitespace.trim(""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\0", "\u000b", "\f", "\u001c", "\u0085", "\u00a0", "\u2003", "\u2028", "\ufeff"})
  public void everythingElseStays(String character) {
    assertEquals(character + "a" + character, Whitespace.trim(" " + character + "a" + character));
  }
}
