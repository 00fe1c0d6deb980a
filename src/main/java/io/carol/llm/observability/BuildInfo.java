package io.carol.llm.observability;

import java.util.Optional;

/**
 * Which build this is, by the manifest of the jar. Helidon's {@code observe-info} knows only what
 * the configuration says.
 */
public final class BuildInfo {
  private static final String[] VERSION_AND_COMMIT =
      Optional.ofNullable(BuildInfo.class.getPackage().getImplementationVersion())
          .orElse("development+unknown")
          .split("\\+", 2);

  /** The version in the pom; {@code development} outside of a jar. */
  public static final String VERSION = VERSION_AND_COMMIT[0];

  /** The commit built, with {@code -modified} behind it when files had changed since. */
  public static final String COMMIT = VERSION_AND_COMMIT[1];

  private BuildInfo() {}

  /** Both as JSON. */
  public static String json() {
    return "{\"version\":\"%s\",\"commit\":\"%s\"}\n".formatted(VERSION, COMMIT);
  }
}
