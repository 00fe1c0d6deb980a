package io.carol.llm.settings;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.carol.llm.database.Database;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Rows of {@code user_llm_usage}: what the agent reports. Thread-safe. */
final class UsageRepository {
  private static final int MAX_REPORTS = 100_000;

  private record Report(String version, Outcome outcome) {}

  private final Database database;
  // What this process has stored within the last hour, by user.
  private final Cache<String, Report> reports =
      Caffeine.newBuilder()
          .expireAfterWrite(Duration.ofHours(1))
          .maximumSize(MAX_REPORTS)
          .executor(Runnable::run)
          .build();

  UsageRepository(Database database) {
    this.database = database;
  }

  /**
   * What is known of a user's stored key; empty when the user has no settings.
   *
   * @param kids of the encryption keys that are configured
   */
  Optional<LlmStatus> find(String userId, Set<String> kids) {
    try {
      return database.run(db -> {
        try (Stream<DbRow> rows =
            db.execute()
                .createNamedQuery("find-usage")
                .addParam(userId)
                .addParam(userId)
                .execute()) {
          return rows.findFirst().map(row -> status(row, kids));
        }
      });
    } catch (DbClientException e) {
      if (UsersTable.isNoId(e)) {
        return Optional.empty();
      }
      throw e;
    }
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

  private static LlmStatus status(DbRow row, Set<String> kids) {
    String kid = text(row, "kid");
    String reportedAt = text(row, "reported_at");
    String outcome = text(row, "outcome");
    LlmStatus.Key key =
        kid == null
            ? LlmStatus.Key.NONE
            : kids.contains(kid) ? LlmStatus.Key.STORED : LlmStatus.Key.UNREADABLE;
    return new LlmStatus(
        key,
        reportedAt == null ? null : Instant.parse(reportedAt),
        outcome == null ? null : Outcome.valueOf(outcome.toUpperCase(Locale.ROOT)));
  }

  @SuppressWarnings("NullAway") // Helidon's API is not annotated; SQL NULL comes as null.
  private static @Nullable String text(DbRow row, String column) {
    return row.column(column).get(String.class);
  }
}
