package io.carol.llm.config;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Environment variables that look like settings and are none. */
public final class UnknownVariables {
  /** Kubernetes sets these for every Service of the namespace whose name starts with "carol". */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          "CAROL(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?"
              + "|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

  private static final Pattern SERVICE_ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

  private static final int MAX_DISTANCE = 2;
  // What is left out or abbreviated has more letters than what is misspelled.
  private static final int LETTERS_OF_A_COMMON_WORD = 4;

  private UnknownVariables() {}

  /** One sentence for each variable that nothing reads, with the nearest name that is read. */
  public static List<String> warnings(Map<String, String> environment) {
    List<String> known = Stream.of(Setting.values()).map(Setting::variable).toList();
    return new TreeMap<>(environment)
        .entrySet().stream()
            .filter(variable -> !isServiceAddress(variable.getValue()))
            .map(Map.Entry::getKey)
            .filter(name -> name.startsWith("CAROL_") && !known.contains(name))
            .filter(name -> !SERVICE_LINK.matcher(name).matches())
            .map(name -> name + warning(name, known))
            .toList();
  }

  /** Whether Kubernetes has set this value of a variable whose name ends in {@code _PORT}. */
  static boolean isServiceAddress(String value) {
    return SERVICE_ADDRESS.matcher(value).matches();
  }

  private static String warning(String name, List<String> known) {
    String nearest =
        known.stream().min(Comparator.comparingInt(each -> distance(each, name))).orElseThrow();
    return " is not a setting"
        + (distance(nearest, name) <= MAX_DISTANCE ? ". Is " + nearest + " meant?" : "");
  }

  /** Letters that differ, less some for each word that both names have or one has shortened. */
  private static int distance(String from, String to) {
    List<String> words = List.of(to.split("_"));
    long common =
        Stream.of(from.split("_"))
            .filter(word ->
                words.stream().anyMatch(other -> word.startsWith(other) || other.startsWith(word)))
            .count();
    return letters(from, to) - LETTERS_OF_A_COMMON_WORD * (int) (common - 1);
  }

  /** The least number of letters to insert, delete or replace (Levenshtein). */
  private static int letters(String from, String to) {
    int[] previous = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] current = new int[to.length() + 1];
      current[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[to.length()];
  }
}
