package io.carol.llm.bench;

import io.carol.llm.testing.Median;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Medians of what was measured in several rounds, by name. */
final class Figures {
  private final Map<String, List<Double>> values = new LinkedHashMap<>();

  void add(String name, double value) {
    values.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
  }

  double median(String name) {
    return Median.of(values.getOrDefault(name, List.of()));
  }

  /** All values of each name, in the order of the rounds. */
  Map<String, List<Double>> values() {
    return values;
  }

  /** A line for each name: the median, then all values. */
  void print() {
    values.forEach((name, all) ->
        System.out.printf(
            "%-50s %12.2f   %s%n",
            name,
            median(name),
            all.stream().map("%.1f"::formatted).collect(Collectors.joining(" "))));
  }
}
