package io.carol.llm.settings;

import io.carol.llm.crypto.EncryptionKeyForeignException;
import io.carol.llm.crypto.EncryptionKeyRetiredException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.RepeatedWarnings;
import io.carol.llm.database.SqlErrors;
import io.carol.llm.settings.WriteRefusedException.Reason;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.DbStatementQuery;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Rows of {@code user_llm_credentials}, each call one statement. Thread-safe. */
public final class SettingsRepository {
  /**
   * An attempt is lost only when another writer made the row, or removed the user, in the meantime.
   * With many creating and deleting one row at once that is every second attempt.
   */
  private static final int MAX_ATTEMPTS = 100;

  private static final String UNKNOWN_USER = "unknown_user";
  private static final String PROVISION = "save-and-provision";
  private static final String TABLE = "user_llm_credentials";

  /**
   * invalid_text_representation, numeric_value_out_of_range, string_data_right_truncation and
   * character_not_in_repertoire (PostgreSQL documentation, appendix A). No other parameter is
   * converted to another type.
   */
  private static final Set<String> NO_USER_ID = Set.of("22P02", "22003", "22001", "22021");

  /** Of save-and-provision only, because save needs the same of our own tables and went before. */
  private static final Set<DatabaseUnavailableException.Reason> CAUSED_BY_USERS =
      Set.of(
          DatabaseUnavailableException.Reason.NOT_PERMITTED,
          DatabaseUnavailableException.Reason.NOT_MIGRATED);

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
  private final RepeatedWarnings warnings =
      new RepeatedWarnings(LoggerFactory.getLogger(SettingsRepository.class));

  public SettingsRepository(Database database, boolean provisionUsers) {
    this.database = database;
    this.provisionUsers = provisionUsers;
  }

  public Optional<StoredSettings> find(String userId) {
    return row("find", userId)
        .map(row ->
            new StoredSettings(
                text(row, "provider"),
                text(row, "model"),
                nullableText(row, "base_url"),
                flag(row, "key_configured"),
                text(row, "version")));
  }

  public Optional<SealedSettings> findSealed(String userId) {
    return row("find-sealed", userId)
        .map(row ->
            new SealedSettings(
                text(row, "provider"),
                text(row, "model"),
                nullableText(row, "base_url"),
                nullableText(row, "api_key_ciphertext")));
  }

  private Optional<DbRow> row(String statement, String userId) {
    try {
      return database.run(
          db -> first(db.execute().createNamedQuery(statement).addParam(userId).addParam(userId)));
    } catch (DbClientException e) {
      if (isNoUserId(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Creates or replaces the user's row, and the user when users are provisioned.
   *
   * @param keepKey whether the stored key stays; {@code sealedKey} is then for a new row only
   * @throws WriteRefusedException when it must not happen
   * @throws EncryptionKeyForeignException when the key that {@code sealedKey} is sealed with is not
   *     registered
   * @throws EncryptionKeyRetiredException when that key is retired
   */
  public Saved save(
      String userId,
      LlmSettings settings,
      boolean keepKey,
      @Nullable String sealedKey,
      Preconditions preconditions) {
    boolean userWasThere = true;
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Optional<DbRow> answer = trySave("save", userId, settings, keepKey, sealedKey, preconditions);
      if (answer.filter(this::mayProvision).isPresent()) {
        answer = trySave(PROVISION, userId, settings, keepKey, sealedKey, preconditions);
      }
      userWasThere = answer.isPresent();
      if (!userWasThere) {
        continue;
      }
      DbRow row = answer.orElseThrow();
      requireOk(verdict(row), sealedKey);
      String version = nullableText(row, "version");
      if (version != null) {
        return new Saved(
            version, flag(row, "key_configured"), flag(row, "created"), flag(row, "key_existed"));
      }
    }
    if (!userWasThere) {
      throw unknownUser("a row in users is not found by the foreign key, or a trigger removed it");
    }
    throw new IllegalStateException(
        "Another writer created or removed the row in each of " + MAX_ATTEMPTS + " attempts.");
  }

  private boolean mayProvision(DbRow row) {
    if (!provisionUsers || !verdict(row).equals(UNKNOWN_USER)) {
      return false;
    }
    if (!flag(row, "insert_allowed")) {
      throw unknownUser("the role lacks INSERT on users");
    }
    return true;
  }

  private static String verdict(DbRow row) {
    return text(row, "verdict");
  }

  private static void requireOk(String verdict, @Nullable String sealedKey) {
    if (verdict.equals("ok")) {
      return;
    }
    String kid = sealedKey == null ? "" : KeyRing.kidOf(sealedKey);
    switch (verdict) {
      case "key_unregistered" -> throw new EncryptionKeyForeignException(kid);
      case "key_retired" -> throw new EncryptionKeyRetiredException(kid);
      default -> throw new WriteRefusedException(Reason.valueOf(verdict.toUpperCase(Locale.ROOT)));
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
    DbRow row;
    try {
      row =
          database
              .run(db ->
                  first(
                      withPreconditions(
                          db.execute().createNamedQuery(statement).addParam("user_id", userId),
                          preconditions)))
              .orElseThrow();
    } catch (DbClientException e) {
      if (isNoUserId(e) && preconditions.ifMatch() == null) {
        return new Removed(false, false);
      }
      throw isNoUserId(e) ? new WriteRefusedException(Reason.PRECONDITION_FAILED) : e;
    }
    if (!flag(row, "met")) {
      throw new WriteRefusedException(Reason.PRECONDITION_FAILED);
    }
    return new Removed(flag(row, "existed"), flag(row, "key_existed"));
  }

  /** Empty when the user was deleted while the row was being written. */
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
                      .addParam("base_url_origin", baseUrl == null ? null : settings.origin())
                      .addParam("keep_key", keepKey)
                      .addParam("api_key_ciphertext", sealedKey)
                      .addParam("kid", sealedKey == null ? null : KeyRing.kidOf(sealedKey)),
                  preconditions)));
    } catch (DatabaseUnavailableException e) {
      if (statement.equals(PROVISION) && CAUSED_BY_USERS.contains(e.reason())) {
        throw unknownUser(withoutUser(SqlErrors.message(e), userId));
      }
      throw e;
    } catch (DbClientException e) {
      if (!statement.equals(PROVISION) && isNoUserId(e)) {
        throw new WriteRefusedException(
            preconditions.ifMatch() == null ? Reason.UNKNOWN_USER : Reason.PRECONDITION_FAILED);
      }
      if (!TABLE.equals(SqlErrors.table(e))) {
        // A trigger, a constraint or a policy of the users table.
        throw unknownUser(withoutUser(SqlErrors.message(e), userId));
      }
      if (FOREIGN_KEY_VIOLATION.equals(SqlErrors.state(e))) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether a user id is not of the type that user ids have here: no user can have it. */
  private static boolean isNoUserId(DbClientException e) {
    return NO_USER_ID.contains(SqlErrors.state(e));
  }

  private WriteRefusedException unknownUser(String reason) {
    warnings.warn("A user was answered unknown_user: " + reason);
    return new WriteRefusedException(Reason.UNKNOWN_USER);
  }

  /** A trigger may put the id into its message. */
  private static String withoutUser(String message, String userId) {
    return message.replaceAll("(?<!\\w)" + Pattern.quote(userId) + "(?!\\w)", "…");
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
