package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

public final class UnseenCharactersTest {
  /** Default_Ignorable_Code_Point, as Unicode's DerivedCoreProperties.txt lists it. */
  private static final String DEFAULT_IGNORABLE =
      "\\u00ad\\u034f\\u061c\\u115f-\\u1160\\u17b4-\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e"
          + "\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8"
          + "\\x{1bca0}-\\x{1bca3}\\x{1d173}-\\x{1d17a}\\x{e0000}-\\x{e0fff}";

  private static final Pattern UNSEEN =
      Pattern.compile("[\\p{IsWhite_Space}\\p{Cf}\\u2800" + DEFAULT_IGNORABLE + "]");

  @Test
  public void spacesFormatCharactersAndIgnorableOnesAreUnseenInAllOfUnicode() {
    int unseen = 0;
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      boolean expected = UNSEEN.matcher(Character.toString(c)).matches();
      assertEquals(expected, UnseenCharacters.isUnseen(c), "U+" + Integer.toHexString(c));
      unseen += expected ? 1 : 0;
    }
    assertTrue(unseen > 4_000, unseen + " unseen");
  }

  @Test
  public void unseenCharactersGoAtBothEndsOnly() {
    assertEquals("a \u200b b", UnseenCharacters.strip("\ufeff \u200ba \u200b b\u3000\u00ad\n"));
    assertEquals("a", UnseenCharacters.strip("a"));
    assertEquals("", UnseenCharacters.strip(""));
    assertEquals("", UnseenCharacters.strip(" \u3164\udb40\udc7f\t"));
    assertEquals("\ud83d\udd11", UnseenCharacters.strip("\udb40\udc01\ud83d\udd11\udb40\udc01"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0", "\u001c", "\u0301", "\ufffd", "\ud83d", "\udc01"})
  public void otherCharactersStay(String character) {
    assertEquals(character, UnseenCharacters.strip(" " + character + " "));
  }

  @Test
  public void longTextsAreStrippedAtOnce() {
    String many = "\u200b ".repeat(500_000);
    assertEquals("x" + many + "x", UnseenCharacters.strip(many + "x" + many + "x" + many));
  }
}
