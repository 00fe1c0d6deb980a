package io.carol.llm.settings;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.carol.llm.database.CombinedReads;
import io.carol.llm.database.Database;
import io.carol.llm.database.Rows;
import io.carol.llm.database.SqlStatements;
import io.carol.llm.keys.KeyRingProvider;
import io.helidon.dbclient.DbRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows of {@code user_llm_usage}: what the agent reports. Thread-safe. */
final class UsageRepository {
  private static final int MAX_REPORTS = 100_000;

  private record Report(String version, Outcome outcome) {}

  private final Database database;
  private final KeyRingProvider keys;
  private final CombinedReads<LlmStatus> statuses;
  // By user, what this process has reported within a minute. Another process may report otherwise.
  private final Cache<String, Report> reports =
      Caffeine.newBuilder()
          .expireAfterWrite(Duration.ofMinutes(1))
          .maximumSize(MAX_REPORTS)
          .executor(Runnable::run)
          .build();

  UsageRepository(Database database, KeyRingProvider keys) {
    this.database = database;
    this.keys = keys;
    this.statuses = UserRows.reads(database, "find-usage", this::status);
  }

  /** What is known of a user's stored key; empty when the user has no settings. */
  Optional<LlmStatus> find(String userId) {
    return statuses.read(userId);
  }

  /** Drops the report when the user's settings are of another version by now. */
  void report(DecryptedLlmSettings settings, Outcome outcome) {
    Report report = new Report(settings.version(), outcome);
    if (report.equals(reports.getIfPresent(settings.userId()))) {
      return;
    }
    database.run(db ->
        SqlStatements.write(
            db,
            "report-usage",
            Map.of(
                "user_id", settings.userId(),
                "version", settings.version(),
                "outcome", outcome.wireName())));
    reports.put(settings.userId(), report);
  }

  private LlmStatus status(DbRow row) {
    String reportedAt = Rows.nullableText(row, "reported_at");
    String outcome = Rows.nullableText(row, "outcome");
    return new LlmStatus(
        key(Rows.nullableText(row, "kid")),
        reportedAt == null ? null : Instant.parse(reportedAt),
        outcome == null ? null : Outcome.valueOf(outcome.toUpperCase(Locale.ROOT)));
  }

  private LlmStatus.Key key(@Nullable String kid) {
    if (kid == null) {
      return LlmStatus.Key.NONE;
    }
    return keys.configured().ring().kids().contains(kid)
        ? LlmStatus.Key.STORED
        : LlmStatus.Key.UNREADABLE;
  }
}
