package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class GrowthTest {
  private static boolean grows(double factor, double slack, IntToDoubleFunction sample) {
    List<Double> samples = IntStream.range(0, 120).mapToDouble(sample).boxed().toList();
    return new Growth("it", factor, slack, samples).isTooMuch();
  }

  @Test
  void aLeakIsFoundAndNoiseIsNot() {
    assertEquals(true, grows(1.1, 2, i -> 100 + i * 0.3));
    assertEquals(true, grows(1, 2, i -> i < 70 ? 10 : 13));
    assertEquals(false, grows(1.1, 2, i -> 100 + i % 30));
    assertEquals(false, grows(1, 2, i -> i == 110 ? 500 : 10));
  }

  @Test
  void whatGrowsOnlyAtTheBeginningIsFine() {
    assertEquals(false, grows(1, 0, i -> Math.min(i, 30)));
  }
}
