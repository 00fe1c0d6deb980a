package io.carol.llm.faults;

import io.carol.llm.testing.Median;
import java.util.List;

/**
 * Whether something grew over the samples of a soak: the median of the last quarter against that of
 * the second, for in the first one everything grows.
 *
 * @param factor how many times the second quarter the last one may be
 * @param slack how much more it may be on top of that
 */
record Growth(String name, double factor, double slack, List<Double> samples) {
  double before() {
    return Median.of(samples.subList(samples.size() / 4, samples.size() / 2));
  }

  double after() {
    return Median.of(samples.subList(samples.size() * 3 / 4, samples.size()));
  }

  double most() {
    return samples.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  double limit() {
    return before() * factor + slack;
  }

  boolean isTooMuch() {
    return after() > limit();
  }
}
