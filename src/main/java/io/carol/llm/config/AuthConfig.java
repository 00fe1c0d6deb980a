package io.carol.llm.config;

import java.util.Optional;

/** Which tokens are accepted. {@link Setting} says what each of these settings means. */
public record AuthConfig(
    String issuer,
    String audience,
    Optional<String> keySet,
    Optional<String> caFile,
    String cookie) {
  /**
   * The characters of a token (RFC 9110 §5.6.2), to stand inside a character class. Names of
   * cookies and of schemes are tokens.
   */
  public static final String TOKEN_CHARACTERS = "\\w!#$%&'*+.^`|~-";
}
