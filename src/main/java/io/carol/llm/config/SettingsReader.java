package io.carol.llm.config;

import io.helidon.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads single settings and remembers what is wrong, so that one message can name everything.
 * Whitespace around a value does not count, and an empty value is not set.
 */
final class SettingsReader {
  private static final Pattern WHOLE_NUMBER = Pattern.compile("-?[0-9]{1,9}");

  private final Config root;
  private final List<String> mistakes = new ArrayList<>();

  SettingsReader(Config root) {
    this.root = root;
  }

  /** The value, or the default if there is one. */
  Optional<String> text(Setting setting) {
    String text =
        root.get(setting.key())
            .asString()
            .map(Setting::strip)
            .filter(value -> !value.isEmpty())
            .orElse(setting.defaultValue);
    if (text.indexOf('\uFFFD') >= 0) {
      mistake(setting, "is not ASCII, so Java needs a UTF-8 locale: set LC_ALL=C.UTF-8");
    }
    return Optional.of(text).filter(value -> !value.isEmpty());
  }

  /** The value, or an empty text after its absence was noted as a mistake. */
  String required(Setting setting) {
    Optional<String> text = text(setting);
    if (text.isEmpty()) {
      mistake(setting, "is not set. It is " + setting.meaning);
    }
    return text.orElse("");
  }

  boolean flag(Setting setting) {
    return oneOf(setting, "true", "false").equals("true");
  }

  /** The value in lower case. It is one of these, in any case, or else a mistake. */
  String oneOf(Setting setting, String... allowed) {
    String text = text(setting).orElseThrow().toLowerCase(Locale.ROOT);
    if (!List.of(allowed).contains(text)) {
      mistake(setting, "must be " + String.join(" or ", allowed));
    }
    return text;
  }

  int number(Setting setting, int min, int max) {
    String text = text(setting).orElseThrow();
    int number = WHOLE_NUMBER.matcher(text).matches() ? Integer.parseInt(text) : min - 1;
    if (number < min || number > max) {
      mistake(
          setting,
          "must be a whole number from %d to %d%s"
              .formatted(
                  min,
                  max,
                  UnknownVariables.isServiceAddress(text)
                      ? ". Kubernetes has set it for a Service named carol: set it in the pod,"
                          + " or enableServiceLinks: false"
                      : ""));
    }
    return number;
  }

  /** The entries between commas, without empty ones. */
  List<String> list(Setting setting) {
    return text(setting).stream()
        .flatMap(text -> Stream.of(text.split(",")))
        .map(Setting::strip)
        .filter(entry -> !entry.isEmpty())
        .toList();
  }

  void mistake(Setting setting, String what) {
    mistakes.add(setting.variable() + " " + what);
  }

  /** Ends the reading, with a {@link ConfigurationException} when anything was wrong. */
  void requireNoMistake() {
    if (!mistakes.isEmpty()) {
      throw new ConfigurationException(String.join("\n", mistakes));
    }
  }
}
