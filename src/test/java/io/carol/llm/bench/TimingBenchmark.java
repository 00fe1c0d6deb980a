package io.carol.llm.bench;

import com.nimbusds.jose.util.Base64URL;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.TestService;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * Whether the time an answer takes tells what its text does not. Two requests in random turns on
 * one connection; printed are both medians, and how often the second takes longer than the first:
 * 0.5 when nothing can be told from one answer. Its standard error is 0.003.
 */
final class TimingBenchmark {
  private static final int TURNS = 20_000;
  private static final int WARM_UP = 5_000;

  private TimingBenchmark() {}

  public static void main(String[] args) {
    try (TestService service = TestService.start()) {
      service
          .as("with-row")
          .put("{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-not-a-real-key\"}");
      String good = token("with-row");
      String[] parts = good.split("\\.", -1);
      String unknownKey =
          Base64URL.encode(
                  Base64URL.from(parts[0])
                      .decodeToString()
                      .replaceFirst("kid\":\"..", "kid\":\"--"))
              + "."
              + parts[1]
              + "."
              + parts[2];
      String wrongSignature = parts[0] + "." + parts[1] + "." + token("other").split("\\.", -1)[2];
      System.out.printf(Locale.ROOT, "%-58s %9s %9s  %s%n", "", "first", "second", "second longer");
      compare(service, "same user, settings / same user, settings", good, good);
      compare(service, "no settings / settings with a key", token("without"), good);
      compare(
          service, "no settings / no settings, other user", token("without"), token("without-2"));
      compare(service, "wrong signature / wrong signature", wrongSignature, wrongSignature);
      compare(service, "unknown kid / known kid, wrong signature", unknownKey, wrongSignature);
    }
  }

  private static String token(String user) {
    return TestService.identity().token(user);
  }

  private static void compare(TestService service, String what, String first, String second) {
    double[] firsts = new double[TURNS];
    double[] seconds = new double[TURNS];
    Random random = new Random(1);
    try (RawHttp connection = new RawHttp(service.connect())) {
      for (int turn = -WARM_UP; turn < TURNS; turn++) {
        boolean firstGoesFirst = random.nextBoolean();
        double one = micros(connection, firstGoesFirst ? first : second);
        double other = micros(connection, firstGoesFirst ? second : first);
        if (turn >= 0) {
          firsts[turn] = firstGoesFirst ? one : other;
          seconds[turn] = firstGoesFirst ? other : one;
        }
      }
    }
    Arrays.sort(firsts);
    Arrays.sort(seconds);
    System.out.printf(
        Locale.ROOT,
        "%-58s %6.1f µs %6.1f µs  %.3f%n",
        what,
        firsts[TURNS / 2],
        seconds[TURNS / 2],
        probabilityThatSecondIsLonger(firsts, seconds));
  }

  private static double micros(RawHttp connection, String token) {
    long started = System.nanoTime();
    connection
        .send(
            "GET "
                + Api.PATH
                + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                + token
                + "\r\n\r\n")
        .read();
    return (System.nanoTime() - started) / 1e3;
  }

  /** Mann and Whitney's U over the number of pairs; both arrays sorted. */
  private static double probabilityThatSecondIsLonger(double[] firsts, double[] seconds) {
    double wins = 0;
    int below = 0;
    int notAbove = 0;
    for (double second : seconds) {
      while (below < firsts.length && firsts[below] < second) {
        below++;
      }
      while (notAbove < firsts.length && firsts[notAbove] <= second) {
        notAbove++;
      }
      wins += (below + notAbove) / 2.0;
    }
    return wins / ((double) firsts.length * seconds.length);
  }
}
