package io.carol.llm.observability;

/**
 * Which build this is. In a class and not in a resource: the JVM does not notice an ahead-of-time
 * cache of another jar, and the old classes that then run have to answer for themselves.
 */
final class Build {
  static final String VERSION = "${project.version}";
  static final String COMMIT = "${commit}";

  private Build() {}
}
