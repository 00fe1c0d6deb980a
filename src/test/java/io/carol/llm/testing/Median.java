package io.carol.llm.testing;

import java.util.Collection;
import java.util.List;

/** The one in the middle, which a machine with other work to do spoils less than the average. */
public final class Median {
  private Median() {}

  /** Of at least one value; between the two in the middle of an even number. */
  public static double of(Collection<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
