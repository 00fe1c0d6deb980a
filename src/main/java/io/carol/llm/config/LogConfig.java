package io.carol.llm.config;

/**
 * What the log looks like.
 *
 * @param json one JSON object a line instead of text
 * @param level the lowest level that is written, as Logback names it
 */
public record LogConfig(boolean json, String level) {}
