package io.carol.llm.settings;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the stored key of a user.
 *
 * @param lastUsedAt when the agent last reported on these settings, at most an hour late; null when
 *     it has not since they were saved
 * @param lastOutcome what it reported; null when {@code lastUsedAt} is
 */
public record LlmStatus(Key key, @Nullable Instant lastUsedAt, @Nullable Outcome lastOutcome) {
  /** Whether there is a key to use. */
  public enum Key {
    NONE,
    STORED,
    /** One is stored, and the encryption key that opens it is not configured. */
    UNREADABLE
  }
}
