package io.carol.llm.keys;

import java.util.Locale;

/** Whether API keys can be sealed. */
public enum KeyState {
  /** The sealing key is one of the database's keys. */
  OK,
  /** No sealing key is configured, or its file cannot be read. */
  MISSING,
  /** What is configured is not a key. */
  MALFORMED,
  /** A key, but not one of the database's keys: the statement that saves refuses it. */
  FOREIGN,
  /** A key of the database that was replaced: the statement that saves refuses it. */
  RETIRED,
  /** The database could not be asked yet. */
  UNKNOWN;

  /** The name in reports, probes and metrics. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
