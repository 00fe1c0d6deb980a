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
import java.util.Objects;
import java.util.Optional;

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
    Report last = reports.getIfPresent(settings.userId());
    if (report.equals(last)) {
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
    // Of reports that ran at the same time it is not known which the database has now.
    reports
        .asMap()
        .compute(settings.userId(), (user, seen) -> Objects.equals(seen, last) ? report : null);
  }

  private LlmStatus status(DbRow row) {
    String kid = Rows.nullableText(row, "kid");
    String reportedAt = Rows.nullableText(row, "reported_at");
    String outcome = Rows.nullableText(row, "outcome");
    LlmStatus.Key key =
        kid == null
            ? LlmStatus.Key.NONE
            : keys.configured().ring().kids().contains(kid)
                ? LlmStatus.Key.STORED
                : LlmStatus.Key.UNREADABLE;
    return new LlmStatus(
        key,
        reportedAt == null ? null : Instant.parse(reportedAt),
        outcome == null ? null : Outcome.valueOf(outcome.toUpperCase(Locale.ROOT)));
  }
}
