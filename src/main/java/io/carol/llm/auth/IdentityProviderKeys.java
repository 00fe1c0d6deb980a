package io.carol.llm.auth;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.OutageTolerantJWKSetSource;
import com.nimbusds.jose.jwk.source.RateLimitedJWKSetSource;
import com.nimbusds.jose.jwk.source.RefreshAheadCachingJWKSetSource;
import com.nimbusds.jose.jwk.source.RetryingJWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The identity provider's public keys: read at the first use, kept in memory, renewed while in use.
 * Thread-safe.
 *
 * <p>A set older than {@link Intervals#refreshAfter()} is renewed in the background by the next
 * use; one older than {@link Intervals#expireAfter()}, after an idle time, is renewed before that
 * use is answered. A use that finds no suitable key has the set read again at once. All of this
 * together reads it twice per {@link Intervals#rateLimit()} at most, each time with one retry.
 * Whatever goes wrong, the keys of the last good set stay in use, for ever if need be.
 */
final class IdentityProviderKeys {
  private static final System.Logger LOGGER =
      System.getLogger(IdentityProviderKeys.class.getName());

  /**
   * How often the set is read.
   *
   * @param refreshAfter age from which on a use renews the set in the background
   * @param expireAfter age from which on a use waits for a newer set
   * @param rateLimit time in which the set is read twice at most
   * @param patience how long a use waits for another one that is reading the set already
   */
  record Intervals(
      Duration refreshAfter, Duration expireAfter, Duration rateLimit, Duration patience) {
    static final Intervals STANDARD =
        new Intervals(
            Duration.ofMinutes(5),
            Duration.ofMinutes(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(3));
  }

  private final JWKSetSource<SecurityContext> source;
  private final long start = System.nanoTime();
  private volatile @Nullable JWKSet lastGood;

  IdentityProviderKeys(KeySetLocation location, Intervals intervals) {
    var steady =
        new OutageTolerantJWKSetSource<>(
            new RetryingJWKSetSource<>(location, null), Long.MAX_VALUE, null);
    this.source =
        new RefreshAheadCachingJWKSetSource<>(
            new RateLimitedJWKSetSource<>(steady, intervals.rateLimit().toMillis(), null),
            intervals.expireAfter().toMillis(),
            intervals.patience().toMillis(),
            intervals.expireAfter().minus(intervals.refreshAfter()).toMillis(),
            Executors.newVirtualThreadPerTaskExecutor(),
            true,
            null,
            null,
            false);
  }

  /**
   * The keys that suit, after a look for newer ones if none does.
   *
   * @throws IdentityProviderUnavailableException when no set could be read so far
   */
  List<JWK> suitable(Predicate<JWK> suits) {
    JWKSet known = known();
    List<JWK> keys = select(known, suits);
    if (!keys.isEmpty()) {
      return keys;
    }
    try {
      return select(read(JWKSetCacheRefreshEvaluator.referenceComparison(known)), suits);
    } catch (KeySourceException e) {
      LOGGER.log(Level.DEBUG, "No look for newer keys: {0}", e.toString());
      return List.of();
    }
  }

  /**
   * Whether the set as it is known now has this key, with all that is said of it.
   *
   * @throws IdentityProviderUnavailableException when no set could be read so far
   */
  boolean contain(JWK key) {
    return known().getKeys().contains(key);
  }

  private JWKSet known() {
    try {
      JWKSet keys = read(JWKSetCacheRefreshEvaluator.noRefresh());
      lastGood = keys;
      return keys;
    } catch (KeySourceException e) {
      // An expired set that cannot be renewed right now: rate limit, or another use is at it.
      JWKSet keys = lastGood;
      if (keys == null) {
        throw new IdentityProviderUnavailableException();
      }
      return keys;
    }
  }

  private JWKSet read(JWKSetCacheRefreshEvaluator evaluator) throws KeySourceException {
    // Time since the start, not the time of day: a clock that jumps must neither expire the keys
    // nor close the rate limit for an hour.
    long now = Duration.ofNanos(System.nanoTime() - start).toMillis();
    return source.getJWKSet(evaluator, now, null);
  }

  private static List<JWK> select(JWKSet keys, Predicate<JWK> suits) {
    return keys.getKeys().stream().filter(suits).toList();
  }
}
