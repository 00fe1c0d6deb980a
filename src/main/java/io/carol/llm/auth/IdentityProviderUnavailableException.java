package io.carol.llm.auth;

/**
 * The identity provider's key set could not be read, so a token can be called neither good nor bad.
 * The client may try again: the key set is read again in the background.
 */
public final class IdentityProviderUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  IdentityProviderUnavailableException() {
    super("The identity provider's key set could not be read; the log says why.");
  }
}
