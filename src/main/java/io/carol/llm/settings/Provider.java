package io.carol.llm.settings;

import io.carol.llm.settings.baseurl.BaseUrl;
import org.jspecify.annotations.Nullable;

/** The kinds of LLM service there are, by the protocol they speak. */
public enum Provider {
  /** The Anthropic API, at Anthropic's own address or at a gateway's. */
  ANTHROPIC("anthropic"),

  /**
   * Any service that speaks the OpenAI API, hosted or local, at an address of the user's choice.
   */
  OPENAI_COMPATIBLE("openai_compatible");

  /** Anthropic's own address, in the canonical spelling of an origin. */
  public static final String ANTHROPIC_ADDRESS = "https://api.anthropic.com";

  private final String wireName;

  Provider(String wireName) {
    this.wireName = wireName;
  }

  /** The name used in JSON, in the database and in the associated data of a sealed key. */
  public String wireName() {
    return wireName;
  }

  /** Where calls go: to the base URL, and to Anthropic's own address where there is none. */
  static String address(@Nullable String baseUrl) {
    return baseUrl == null ? ANTHROPIC_ADDRESS : baseUrl;
  }

  /**
   * Where an API key for this provider may be sent: the {@linkplain BaseUrl#origin origin} of the
   * base URL, and empty for Anthropic's own address, with a base URL that says so or without one.
   * Part of the associated data of a sealed key.
   */
  public String origin(@Nullable BaseUrl baseUrl) {
    return baseUrl == null || (this == ANTHROPIC && baseUrl.origin().equals(ANTHROPIC_ADDRESS))
        ? ""
        : baseUrl.origin();
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
