package io.carol.llm.settings;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In which state a row must be for a write to happen (RFC 9110 §13.1).
 *
 * @param ifMatch versions of which one must be stored; {@link #ANY} for whichever; null for no such
 *     condition
 * @param ifNoneMatch versions of which none may be stored; {@link #ANY} when there must be no row;
 *     null for no such condition
 */
public record Preconditions(@Nullable Set<String> ifMatch, @Nullable Set<String> ifNoneMatch) {
  /** Stands for every version. */
  public static final Set<String> ANY = Set.of("*");

  /** The last write wins. */
  public static final Preconditions NONE = new Preconditions(null, null);
}
