package io.carol.llm.config;

import java.util.Optional;

/**
 * Which tokens are accepted.
 *
 * @param issuer what {@code iss} must be, to the letter
 * @param audience what {@code aud} must contain
 * @param keySet file or http(s) address of the key set; empty to discover it from the issuer
 * @param caFile PEM certificates of a private authority that the identity provider's TLS
 *     certificate leads to, beside those of the JDK
 * @param cookie name of the session cookie that holds a token
 */
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
