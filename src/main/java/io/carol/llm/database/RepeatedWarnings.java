package io.carol.llm.database;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import org.slf4j.Logger;

/**
 * Warnings that every request may cause: each different one is logged once a minute. Thread-safe.
 */
public final class RepeatedWarnings {
  private final Logger logger;
  private final Cache<String, Boolean> logged =
      Caffeine.newBuilder().expireAfterWrite(Duration.ofMinutes(1)).maximumSize(100).build();

  public RepeatedWarnings(Logger logger) {
    this.logger = logger;
  }

  public void warn(String message) {
    if (logged.asMap().putIfAbsent(message, true) == null) {
      logger.warn("{} (logged once a minute)", message);
    }
  }
}
