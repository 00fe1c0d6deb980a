package io.carol.llm.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.local.SynchronizationStrategy;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How often each of many may do something: a bucket of tokens each (token bucket). A full bucket
 * has the tokens of a minute, and they come back evenly. In this process only. Thread-safe.
 */
public final class RateLimit {
  private static final Duration PERIOD = Duration.ofMinutes(1);
  // Of a few hundred bytes each. When there are more, those who came least often start afresh.
  private static final int MOST_BUCKETS = 20_000;

  private final int perMinute;
  // Who has not come for a minute has a full bucket, and needs none.
  private final Cache<String, Bucket> buckets =
      Caffeine.newBuilder()
          .maximumSize(MOST_BUCKETS)
          .expireAfterAccess(PERIOD)
          .executor(Runnable::run)
          .build();

  /**
   * @param perMinute how often; 0 for as often as they like
   */
  public RateLimit(int perMinute) {
    this.perMinute = perMinute;
  }

  /** Takes a token; the problem to answer with when there is none. */
  public Optional<ProblemException> take(String who) {
    if (perMinute == 0) {
      return Optional.empty();
    }
    ConsumptionProbe probe = buckets.get(who, this::bucket).tryConsumeAndReturnRemaining(1);
    if (probe.isConsumed()) {
      return Optional.empty();
    }
    long seconds = 1 + (probe.getNanosToWaitForRefill() - 1) / TimeUnit.SECONDS.toNanos(1);
    return Optional.of(
        new ProblemException(
            ProblemType.RATE_LIMITED,
            "That was more than "
                + perMinute
                + " a minute. Wait as many seconds as Retry-After says, then send it again.",
            HeaderValues.create(HeaderNames.RETRY_AFTER, seconds)));
  }

  private Bucket bucket(String who) {
    return Bucket.builder()
        // Counts in place. Without a lock every count is a new object, which gets old before it is
        // replaced, and the heap grows to its limit.
        .withSynchronizationStrategy(SynchronizationStrategy.SYNCHRONIZED)
        .addLimit(limit -> limit.capacity(perMinute).refillGreedy(perMinute, PERIOD))
        .build();
  }
}
