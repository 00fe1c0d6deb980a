package io.carol.llm.config;

/**
 * Settings are missing or not allowed. The message names the environment variable of each and says
 * what to do; it holds no password and no key.
 */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigurationException(String message) {
    super(message);
  }
}
