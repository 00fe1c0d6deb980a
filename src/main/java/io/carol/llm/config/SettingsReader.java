package io.carol.llm.config;

import io.helidon.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads single settings below {@code carol} and remembers what is wrong, so that one message can
 * name everything. Whitespace around a value does not count, and an empty value is not set.
 */
final class SettingsReader {
  private static final Pattern WHOLE_NUMBER = Pattern.compile("-?[0-9]{1,9}");

  private final Config carol;
  private final List<String> mistakes = new ArrayList<>();

  SettingsReader(Config root) {
    this.carol = root.get("carol");
  }

  Optional<String> text(String key) {
    return carol.get(key).asString().map(String::strip).filter(text -> !text.isEmpty());
  }

  /** The value, or an empty text after its absence was noted as a mistake. */
  String required(String key, String meaning) {
    Optional<String> text = text(key);
    if (text.isEmpty()) {
      mistakes.add(variable(key) + " is not set: " + meaning);
    }
    return text.orElse("");
  }

  boolean flag(String key, boolean defaultValue) {
    Optional<String> text = text(key).map(value -> value.toLowerCase(Locale.ROOT));
    if (text.isPresent() && !text.get().equals("true") && !text.get().equals("false")) {
      mistakes.add(variable(key) + " must be true or false");
    }
    return text.map("true"::equals).orElse(defaultValue);
  }

  int number(String key, int defaultValue, int min, int max) {
    String text = text(key).orElse(String.valueOf(defaultValue));
    int number = WHOLE_NUMBER.matcher(text).matches() ? Integer.parseInt(text) : min - 1;
    if (number < min || number > max) {
      mistakes.add(variable(key) + " must be a whole number from " + min + " to " + max);
      return defaultValue;
    }
    return number;
  }

  /** The entries between commas, without empty ones. */
  List<String> list(String key) {
    return text(key).stream()
        .flatMap(text -> Stream.of(text.split(",")))
        .map(String::strip)
        .filter(entry -> !entry.isEmpty())
        .toList();
  }

  void mistake(String key, String what) {
    mistakes.add(variable(key) + " " + what);
  }

  /**
   * @throws ConfigurationException when anything was wrong
   */
  void requireNoMistake() {
    if (!mistakes.isEmpty()) {
      throw new ConfigurationException(String.join("\n", mistakes));
    }
  }

  /** The environment variable of a key below {@code carol}. */
  static String variable(String key) {
    return "CAROL_" + key.replace('.', '_').toUpperCase(Locale.ROOT);
  }
}
