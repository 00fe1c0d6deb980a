package io.carol.llm.settings;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.carol.llm.database.CombinedReads;
import io.carol.llm.database.Database;
import io.helidon.dbclient.DbRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rows of {@code user_llm_usage}: what the agent reports. Thread-safe. */
final class UsageRepository {
  private static final int MAX_REPORTS = 100_000;

  private record Report(String version, Outcome outcome) {}

  /**
   * A row, joined to the settings it belongs to.
   *
   * @param kid of the encryption key that the stored API key is sealed with; null without one
   */
  private record Usage(
      @Nullable String kid, @Nullable Instant reportedAt, @Nullable Outcome outcome) {}

  private final Database database;
  private final CombinedReads<Usage> usage;
  // What this process has stored within the last hour, by user.
  private final Cache<String, Report> reports =
      Caffeine.newBuilder()
          .expireAfterWrite(Duration.ofHours(1))
          .maximumSize(MAX_REPORTS)
          .executor(Runnable::run)
          .build();

  UsageRepository(Database database) {
    this.database = database;
    this.usage = UserRows.reads(database, "find-usage", UsageRepository::usage);
  }

  /**
   * What is known of a user's stored key; empty when the user has no settings.
   *
   * @param kids of the encryption keys that are configured
   */
  Optional<LlmStatus> find(String userId, Set<String> kids) {
    return usage.read(userId).map(known -> status(known, kids));
  }

  /** Drops the report when the user's settings are of another version by now. */
  void report(DecryptedLlmSettings settings, Outcome outcome) {
    Report report = new Report(settings.version(), outcome);
    if (report.equals(reports.getIfPresent(settings.userId()))) {
      return;
    }
    database.run(db ->
        db.execute()
            .createNamedDmlStatement("report-usage")
            .addParam("user_id", settings.userId())
            .addParam("version", settings.version())
            .addParam("outcome", outcome.wireName())
            .execute());
    reports.put(settings.userId(), report);
  }

  private static Usage usage(DbRow row) {
    String reportedAt = UserRows.nullableText(row, "reported_at");
    String outcome = UserRows.nullableText(row, "outcome");
    return new Usage(
        UserRows.nullableText(row, "kid"),
        reportedAt == null ? null : Instant.parse(reportedAt),
        outcome == null ? null : Outcome.valueOf(outcome.toUpperCase(Locale.ROOT)));
  }

  private static LlmStatus status(Usage usage, Set<String> kids) {
    String kid = usage.kid;
    LlmStatus.Key key =
        kid == null
            ? LlmStatus.Key.NONE
            : kids.contains(kid) ? LlmStatus.Key.STORED : LlmStatus.Key.UNREADABLE;
    return new LlmStatus(key, usage.reportedAt, usage.outcome);
  }
}
