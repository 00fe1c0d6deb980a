package io.carol.llm.settings;

/** The user has not chosen an LLM yet. */
public final class LlmNotConfiguredException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LlmNotConfiguredException() {
    super("This user has not chosen an LLM. They can do so on the settings page.");
  }
}
