package io.carol.llm.settings;

import java.util.Locale;

/** How the provider took the settings of a user when the agent used them. */
public enum Outcome {
  /** The provider did what the agent asked for. */
  ACCEPTED,
  /** The provider does not accept the key. */
  REFUSED,
  NO_CREDIT;

  /** The name used in JSON and in the database. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
