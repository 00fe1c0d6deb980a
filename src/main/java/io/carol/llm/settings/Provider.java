package io.carol.llm.settings;

/** The kinds of LLM service there are, by the protocol they speak. */
public enum Provider {
  /** The Anthropic API at its own, fixed address. */
  ANTHROPIC("anthropic"),

  /**
   * Any service that speaks the OpenAI API, hosted or local, at an address of the user's choice.
   */
  OPENAI_COMPATIBLE("openai_compatible");

  private final String wireName;

  Provider(String wireName) {
    this.wireName = wireName;
  }

  /** The name used in JSON, in the database and in the associated data of a sealed key. */
  public String wireName() {
    return wireName;
  }

  /**
   * The provider with exactly this wire name.
   *
   * @throws InvalidValueException {@code unsupported_value} for any other text, also in another
   *     case
   */
  public static Provider of(String wireName) {
    for (Provider provider : values()) {
      if (provider.wireName.equals(wireName)) {
        return provider;
      }
    }
    throw new InvalidValueException(
        "unsupported_value", "The provider must be anthropic or openai_compatible.");
  }
}
