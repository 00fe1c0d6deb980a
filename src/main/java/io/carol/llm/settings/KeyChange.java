package io.carol.llm.settings;

/** What a write does to the stored API key. */
public sealed interface KeyChange {

  /** Leaves it as it is, also when there is none. */
  record Keep() implements KeyChange {}

  /** Removes it. */
  record Clear() implements KeyChange {}

  /** Puts another in its place. */
  record Replace(ApiKey key) implements KeyChange {}
}
