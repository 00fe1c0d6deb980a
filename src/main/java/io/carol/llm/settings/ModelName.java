package io.carol.llm.settings;

/**
 * The name of a model as its provider spells it: 1 to 256 characters (Unicode code points, as JSON
 * Schema and PostgreSQL count them), well-formed, without control characters, line separators and
 * bidirectional formatting. Everything else is the provider's business.
 *
 * @param text the name, without {@linkplain Whitespace#trim whitespace} around it
 */
public record ModelName(String text) {
  private static final int MAX_LENGTH = 256;

  /**
   * Trims and checks the name.
   *
   * @throws InvalidValueException {@code required} when the text is blank, {@code too_long}, or
   *     {@code unsupported_value} for a character that must not be in a name
   */
  public ModelName {
    text = Whitespace.trim(text);
    if (text.codePoints().allMatch(Character::isSpaceChar)) {
      throw new InvalidValueException("required", "The model name is missing.");
    }
    if (text.codePointCount(0, text.length()) > MAX_LENGTH) {
      throw new InvalidValueException(
          "too_long", "The model name is longer than " + MAX_LENGTH + " characters.");
    }
    if (!text.codePoints().allMatch(ModelName::isAllowed)) {
      throw new InvalidValueException(
          "unsupported_value",
          "The model name must not contain control characters, line breaks, invisible text"
              + " direction marks or broken characters.");
    }
  }

  private static boolean isAllowed(int codePoint) {
    return switch (Character.getType(codePoint)) {
      // A code point of type SURROGATE is one without its other half.
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> !isBidirectionalFormatting(codePoint);
    };
  }

  /** Embeddings, overrides and isolates (UAX #9): they make a name look like another one. */
  private static boolean isBidirectionalFormatting(int codePoint) {
    return (codePoint >= 0x202A && codePoint <= 0x202E)
        || (codePoint >= 0x2066 && codePoint <= 0x2069);
  }
}
