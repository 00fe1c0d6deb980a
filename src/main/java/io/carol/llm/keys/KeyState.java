package io.carol.llm.keys;

/** Whether the sealing key is the right one. */
public enum KeyState {
  OK,
  /** None is configured, or its file cannot be read. */
  MISSING,
  /** What is configured is not a key. */
  MALFORMED,
  /** A key, but not one of this database's: whatever it seals, the right key does not open. */
  FOREIGN,
  /** The database could not be asked yet. */
  UNKNOWN
}
