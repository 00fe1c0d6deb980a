package io.carol.llm.settings;

import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.settings.WriteRefusedException.Reason;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbStatementQuery;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Rows of {@code user_llm_credentials}, each call one statement. Thread-safe. */
public final class SettingsRepository {
  /**
   * An attempt is lost only when another writer made the row, or removed the user, in the meantime.
   * With many creating and deleting one row at once that is every second attempt.
   */
  private static final int MAX_ATTEMPTS = 100;

  private static final String UNKNOWN_USER = "unknown_user";
  private static final String FOREIGN_KEY_VIOLATION = "23503";

  /** A row with its sealed key; for this package only. */
  public record SealedSettings(
      String provider, String model, @Nullable String baseUrl, @Nullable String sealedKey) {}

  /** What a save left behind, and whether a key was stored before it. */
  public record Saved(String version, boolean keyConfigured, boolean created, boolean keyExisted) {}

  /** What a removal found. */
  public record Removed(boolean existed, boolean keyExisted) {}

  private final Database database;
  private final boolean provisionUsers;

  public SettingsRepository(Database database, boolean provisionUsers) {
    this.database = database;
    this.provisionUsers = provisionUsers;
  }

  public Optional<StoredSettings> find(String userId) {
    return database
        .run(db -> first(db.execute().createNamedQuery("find").addParam(userId).addParam(userId)))
        .map(row ->
            new StoredSettings(
                text(row, "provider"),
                text(row, "model"),
                nullableText(row, "base_url"),
                flag(row, "key_configured"),
                text(row, "version")));
  }

  public Optional<SealedSettings> findSealed(String userId) {
    return database
        .run(db -> first(db.execute().createNamedQuery("find-sealed").addParam(userId).addParam(userId)))
        .map(row ->
            new SealedSettings(
                text(row, "provider"),
                text(row, "model"),
                nullableText(row, "base_url"),
                nullableText(row, "api_key_ciphertext")));
  }

  /**
   * Creates or replaces the user's row, and the user when users are provisioned.
   *
   * @param keepKey whether the stored key stays; {@code sealedKey} is then for a new row only
   * @throws WriteRefusedException when it must not happen
   */
  public Saved save(
      String userId,
      LlmSettings settings,
      boolean keepKey,
      @Nullable String sealedKey,
      Preconditions preconditions) {
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Optional<DbRow> answer =
          trySave("save", userId, settings, keepKey, sealedKey, preconditions);
      if (provisionUsers && answer.filter(row -> verdict(row).equals(UNKNOWN_USER)).isPresent()) {
        answer =
            trySave("save-and-provision", userId, settings, keepKey, sealedKey, preconditions);
      }
      if (answer.isEmpty()) {
        continue;
      }
      DbRow row = answer.get();
      requireOk(verdict(row));
      String version = nullableText(row, "version");
      if (version != null) {
        return new Saved(
            version, flag(row, "key_configured"), flag(row, "created"), flag(row, "key_existed"));
      }
    }
    throw new IllegalStateException(
        "Another writer created or removed the row or the user in each of "
            + MAX_ATTEMPTS
            + " attempts.");
  }

  private static String verdict(DbRow row) {
    return text(row, "verdict");
  }

  private static void requireOk(String verdict) {
    if (!verdict.equals("ok")) {
      throw new WriteRefusedException(Reason.valueOf(verdict.toUpperCase(Locale.ROOT)));
    }
  }

  /**
   * Removes the user's row if there is one.
   *
   * @throws WriteRefusedException when the preconditions are not met
   */
  public Removed remove(String userId, Preconditions preconditions) {
    return remove("remove", userId, preconditions);
  }

  /**
   * Removes the user's stored key if there is one, and leaves the rest of the row.
   *
   * @throws WriteRefusedException when the preconditions are not met
   */
  public Removed removeKey(String userId, Preconditions preconditions) {
    return remove("remove-key", userId, preconditions);
  }

  private Removed remove(String statement, String userId, Preconditions preconditions) {
    DbRow row =
        database
            .run(db ->
                first(
                    withPreconditions(
                        db.execute().createNamedQuery(statement).addParam("user_id", userId),
                        preconditions)))
            .orElseThrow();
    if (!flag(row, "met")) {
      throw new WriteRefusedException(Reason.PRECONDITION_FAILED);
    }
    return new Removed(flag(row, "existed"), flag(row, "key_existed"));
  }

  /** Empty when the user was deleted while the row was being made. */
  private Optional<DbRow> trySave(
      String statement,
      String userId,
      LlmSettings settings,
      boolean keepKey,
      @Nullable String sealedKey,
      Preconditions preconditions) {
    BaseUrl baseUrl = settings.baseUrl();
    try {
      return database.run(db ->
          first(
              withPreconditions(
                  db.execute()
                      .createNamedQuery(statement)
                      .addParam("user_id", userId)
                      .addParam("provider", settings.provider().wireName())
                      .addParam("model", settings.model().text())
                      .addParam("base_url", baseUrl == null ? null : baseUrl.text())
                      .addParam("base_url_origin", baseUrl == null ? null : baseUrl.origin())
                      .addParam("keep_key", keepKey)
                      .addParam("api_key_ciphertext", sealedKey)
                      .addParam("kid", sealedKey == null ? null : KeyRing.kidOf(sealedKey)),
                  preconditions)));
    } catch (DbClientException e) {
      if (e.getCause() instanceof SQLException sql
          && FOREIGN_KEY_VIOLATION.equals(sql.getSQLState())) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static DbStatementQuery withPreconditions(
      DbStatementQuery query, Preconditions preconditions) {
    return query
        .addParam("if_match", joined(preconditions.ifMatch()))
        .addParam("if_none_match", joined(preconditions.ifNoneMatch()));
  }

  private static @Nullable String joined(@Nullable Set<String> versions) {
    return versions == null ? null : String.join(",", versions);
  }

  private static Optional<DbRow> first(DbStatementQuery query) {
    try (Stream<DbRow> rows = query.execute()) {
      return rows.findFirst();
    }
  }

  private static String text(DbRow row, String column) {
    return row.column(column).get(String.class);
  }

  @SuppressWarnings("NullAway") // Helidon's API is not annotated; SQL NULL comes as null.
  private static @Nullable String nullableText(DbRow row, String column) {
    return row.column(column).get(String.class);
  }

  private static boolean flag(DbRow row, String column) {
    return row.column(column).get(Boolean.class);
  }
}
