package io.carol.llm.auth;

/**
 * No key set could be read so far, so a token can be called neither good nor bad. Worth trying
 * again: the key set is read again as soon as the rate limit allows.
 */
public final class IdentityProviderUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  IdentityProviderUnavailableException() {
    super(
        "No key set could be read from CAROL_AUTH_JWKS so far; the warnings before this one say why.");
  }
}
