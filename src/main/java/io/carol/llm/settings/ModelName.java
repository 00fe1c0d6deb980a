package io.carol.llm.settings;

import java.lang.Character.UnicodeScript;
import java.util.EnumSet;
import java.util.Set;

/**
 * The name of a model as its provider spells it: 1 to 256 characters (Unicode code points, as JSON
 * Schema and PostgreSQL count them), all of which can be seen. Spaces (U+0020) may stand between
 * them. Everything else is the provider's business.
 *
 * @param text the name, without unseen characters at its ends
 */
public record ModelName(String text) {
  private static final int MAX_LENGTH = 256;
  private static final int ZERO_WIDTH_NON_JOINER = 0x200c;
  private static final int ZERO_WIDTH_JOINER = 0x200d;

  /** Scripts in which a joiner changes how the letters beside it look (Unicode, section 23.2). */
  private static final Set<UnicodeScript> JOINING_SCRIPTS =
      EnumSet.of(
          UnicodeScript.ARABIC,
          UnicodeScript.SYRIAC,
          UnicodeScript.MANDAIC,
          UnicodeScript.NKO,
          UnicodeScript.MONGOLIAN,
          UnicodeScript.PHAGS_PA,
          UnicodeScript.DEVANAGARI,
          UnicodeScript.BENGALI,
          UnicodeScript.GURMUKHI,
          UnicodeScript.GUJARATI,
          UnicodeScript.ORIYA,
          UnicodeScript.TAMIL,
          UnicodeScript.TELUGU,
          UnicodeScript.KANNADA,
          UnicodeScript.MALAYALAM,
          UnicodeScript.SINHALA,
          UnicodeScript.MYANMAR,
          UnicodeScript.KHMER);

  /**
   * Takes unseen characters off both ends and checks the name.
   *
   * @throws InvalidValueException {@code required} when the text shows nothing, {@code too_long},
   *     or {@code unsupported_value} for a character that must not be in a name
   */
  public ModelName {
    text = UnseenCharacters.strip(text);
    if (text.isEmpty()) {
      throw new InvalidValueException("required", "The model name is missing.");
    }
    if (text.codePointCount(0, text.length()) > MAX_LENGTH) {
      throw new InvalidValueException(
          "too_long", "The model name is longer than " + MAX_LENGTH + " characters.");
    }
    if (!canBeSeen(text.codePoints().toArray())) {
      throw new InvalidValueException(
          "unsupported_value",
          "The model name must not contain control characters, line breaks, invisible characters,"
              + " spaces of another kind than U+0020, or broken characters. Type it instead of"
              + " pasting it.");
    }
  }

  private static boolean canBeSeen(int[] codePoints) {
    for (int i = 0; i < codePoints.length; i++) {
      int codePoint = codePoints[i];
      int type = Character.getType(codePoint);
      // A code point of type SURROGATE is one without its other half.
      if (type == Character.CONTROL || type == Character.SURROGATE) {
        return false;
      }
      if (UnseenCharacters.isUnseen(codePoint)
          && codePoint != ' '
          && !joins(codePoints[i - 1], codePoint, codePoints[i + 1])) {
        return false;
      }
    }
    return true;
  }

  private static boolean joins(int before, int joiner, int after) {
    UnicodeScript script = UnicodeScript.of(before);
    return (joiner == ZERO_WIDTH_NON_JOINER || joiner == ZERO_WIDTH_JOINER)
        && JOINING_SCRIPTS.contains(script)
        && script == UnicodeScript.of(after)
        && isLetterOrMark(before)
        && isLetterOrMark(after);
  }

  private static boolean isLetterOrMark(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK -> true;
      default -> Character.isLetter(codePoint);
    };
  }
}
