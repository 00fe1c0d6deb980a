package io.carol.llm.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.UserId;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.local.SynchronizationStrategy;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;

/**
 * Ends the requests of a user who sends too many with {@link ProblemType#RATE_LIMITED}, before
 * their bodies are read. Each user has a bucket of tokens, which holds those of one minute and is
 * refilled evenly. In this process only. Thread-safe.
 */
public final class RateLimit implements Handler {
  private static final Duration PERIOD = Duration.ofMinutes(1);
  // A bucket takes a few hundred bytes. Beyond this number the least active users start anew with a
  // full bucket.
  private static final int MAX_BUCKETS = 20_000;

  private final int perMinute;
  private final String requests;
  // A user who has sent nothing for a minute has a full bucket, which need not be kept.
  private final Cache<String, Bucket> buckets =
      Caffeine.newBuilder()
          .maximumSize(MAX_BUCKETS)
          .expireAfterAccess(PERIOD)
          .executor(Runnable::run)
          .build();

  /**
   * @param perMinute of each user; 0 for no limit
   * @param requests what they are, for the user: {@code writes}
   */
  public RateLimit(int perMinute, String requests) {
    this.perMinute = perMinute;
    this.requests = requests;
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) {
    if (perMinute > 0) {
      Bucket bucket = buckets.get(UserId.of(request), userId -> bucket());
      ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
      if (!probe.isConsumed()) {
        long seconds = Math.ceilDiv(probe.getNanosToWaitForRefill(), 1_000_000_000);
        throw new ProblemException(
            ProblemType.RATE_LIMITED,
            "That was more than "
                + perMinute
                + " "
                + requests
                + " a minute. Wait as many seconds as Retry-After says, then send it again.",
            HeaderValues.create(HeaderNames.RETRY_AFTER, seconds));
      }
    }
    response.next();
  }

  private Bucket bucket() {
    return Bucket.builder()
        // By System.nanoTime: a clock that is set back would refill nothing until it has caught up.
        .withNanosecondPrecision()
        // Counts in place. The default strategy makes a new object of every count.
        .withSynchronizationStrategy(SynchronizationStrategy.SYNCHRONIZED)
        .addLimit(limit -> limit.capacity(perMinute).refillGreedy(perMinute, PERIOD))
        .build();
  }
}
