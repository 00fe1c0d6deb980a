package io.carol.llm.settings;

/** The whitespace that comes with copying and pasting, and with files that end in a newline. */
public final class Whitespace {
  private Whitespace() {}

  /**
   * The text without ASCII space, tab, carriage return and line feed at both ends. Everything else
   * stays, also invisible characters: those are for the value's own rules to refuse, not to hide.
   */
  public static String trim(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isTrimmed(text.charAt(start))) {
      start++;
    }
    while (start < end && isTrimmed(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isTrimmed(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }
}
