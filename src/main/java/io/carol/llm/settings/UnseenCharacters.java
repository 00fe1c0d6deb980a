package io.carol.llm.settings;

import java.util.function.IntPredicate;

/** Characters that show nothing. Text pasted from a web page or a document brings them along. */
public final class UnseenCharacters {
  /**
   * First and last of the ranges that are neither spaces nor of Unicode's category Cf: what else is
   * Default_Ignorable_Code_Point (Unicode Standard, section 5.21), and the blank Braille pattern.
   */
  private static final int[][] OTHERS = {
    {0x034f, 0x034f},
    {0x115f, 0x1160},
    {0x17b4, 0x17b5},
    {0x180b, 0x180f},
    {0x2065, 0x2065},
    {0x2800, 0x2800},
    {0x3164, 0x3164},
    {0xfe00, 0xfe0f},
    {0xffa0, 0xffa0},
    {0xfff0, 0xfff8},
    {0xe0000, 0xe0fff}
  };

  private UnseenCharacters() {}

  /**
   * Whether a code point shows nothing: a space of any kind (Unicode's White_Space), a format
   * character or another one that is ignored when text is shown. Other control characters are not
   * among them.
   */
  static boolean isUnseen(int codePoint) {
    if (Character.isSpaceChar(codePoint)
        || Character.getType(codePoint) == Character.FORMAT
        || (codePoint >= '\t' && codePoint <= '\r')
        || codePoint == 0x85) {
      return true;
    }
    for (int[] range : OTHERS) {
      if (codePoint >= range[0] && codePoint <= range[1]) {
        return true;
      }
    }
    return false;
  }

  /** The text without unseen characters at its ends; empty when it shows nothing. */
  public static String strip(String text) {
    return strip(text, UnseenCharacters::isUnseen);
  }

  /** The text without the given code points at its ends. */
  static String strip(String text, IntPredicate stripped) {
    int start = 0;
    int end = text.length();
    while (start < end && stripped.test(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (start < end && stripped.test(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(start, end);
  }
}
