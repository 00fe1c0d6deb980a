package io.carol.llm.settings;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.CombinedReads;
import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.Rows;
import io.carol.llm.database.SqlErrors;
import io.carol.llm.database.SqlStatements;
import io.carol.llm.keys.KeyRegistry;
import io.carol.llm.keys.KeyState;
import io.carol.llm.settings.LlmSettingsService.Saved;
import io.carol.llm.settings.WriteRefusedException.Reason;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rows of {@code user_llm_credentials}. Each call runs one statement. A save runs a second one when
 * it creates the user, and more when another writer comes between. Thread-safe.
 */
final class SettingsRepository {
  /**
   * An attempt is lost only when another writer creates the row, or removes the user, in the
   * meantime. With many clients that create and delete one row, that is every second attempt.
   */
  private static final int MAX_ATTEMPTS = 100;

  /** The user may be removed while the row is written. More often than this, a trigger does so. */
  private static final int MAX_REMOVALS = 3;

  private static final String TABLE = "user_llm_credentials";
  private static final String FOREIGN_KEY_VIOLATION = "23503";

  /**
   * A row with its sealed key.
   *
   * @param origin where the key may be sent, as {@link Provider#origin}
   */
  record SealedSettings(
      String provider,
      String model,
      @Nullable String baseUrl,
      String origin,
      @Nullable String sealedKey,
      String version) {}

  record Removed(boolean existed, boolean keyExisted) {}

  /**
   * What to save.
   *
   * @param keepKey whether the stored key stays; {@code sealedKey} is null then
   */
  record Save(
      String userId,
      LlmSettings settings,
      boolean keepKey,
      @Nullable String sealedKey,
      Preconditions preconditions) {
    @Nullable String kid() {
      return sealedKey == null ? null : KeyRing.kidOf(sealedKey);
    }
  }

  private final Database database;
  private final UsersTable users;
  private final CombinedReads<StoredSettings> reads;
  private final CombinedReads<SealedSettings> sealedReads;

  /**
   * @param provisionUsers whether the first save of an unknown user creates the user
   */
  SettingsRepository(Database database, boolean provisionUsers) {
    this.database = database;
    this.users = new UsersTable(database, provisionUsers);
    this.reads = UserRows.reads(database, "find", SettingsRepository::storedSettings);
    this.sealedReads = UserRows.reads(database, "find-sealed", SettingsRepository::sealedSettings);
  }

  Optional<StoredSettings> find(String userId) {
    return reads.read(userId);
  }

  Optional<SealedSettings> findSealed(String userId) {
    return sealedReads.read(userId);
  }

  private static StoredSettings storedSettings(DbRow row) {
    return new StoredSettings(
        Rows.text(row, "provider"),
        Rows.text(row, "model"),
        Rows.nullableText(row, "base_url"),
        Rows.flag(row, "key_configured"),
        Rows.text(row, "version"));
  }

  private static SealedSettings sealedSettings(DbRow row) {
    return new SealedSettings(
        Rows.text(row, "provider"),
        Rows.text(row, "model"),
        Rows.nullableText(row, "base_url"),
        Rows.text(row, "origin"),
        Rows.nullableText(row, "api_key_ciphertext"),
        Rows.text(row, "version"));
  }

  /**
   * Creates or replaces the user's row, and creates the user where users are provisioned.
   *
   * @throws WriteRefusedException when it must not happen
   * @throws CryptoException when the key that {@code sealedKey} is sealed with is not registered,
   *     or is retired
   */
  Saved save(Save save) {
    int removals = 0;
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Optional<DbRow> answer = saveKnown(save);
      if (answer.filter(users::mayCreate).isPresent()) {
        answer = saveAndProvision(save);
      }
      if (answer.isEmpty() && ++removals == MAX_REMOVALS) {
        throw users.unknown(
            "the row in users was gone before the settings were written, or the foreign key of"
                + " user_llm_credentials refers to another users table");
      }
      if (answer.isPresent()) {
        DbRow row = answer.get();
        requireOk(Rows.text(row, "verdict"), save);
        String version = Rows.nullableText(row, "version");
        if (version != null) {
          LlmSettings settings = save.settings;
          StoredSettings stored =
              new StoredSettings(
                  settings.provider().wireName(),
                  settings.model().text(),
                  settings.baseUrlText(),
                  Rows.flag(row, "key_configured"),
                  version);
          return new Saved(stored, Rows.flag(row, "created"), Rows.flag(row, "key_existed"));
        }
      }
    }
    throw new IllegalStateException(
        "Another writer created or removed the row in each of " + MAX_ATTEMPTS + " attempts.");
  }

  private void requireOk(String verdict, Save save) {
    switch (verdict) {
      case "ok" -> {}
      case "key_unregistered" ->
          throw KeyRegistry.refusal(KeyState.FOREIGN, String.valueOf(save.kid()));
      case "key_retired" -> throw KeyRegistry.refusal(KeyState.RETIRED, String.valueOf(save.kid()));
      case "unknown_user" ->
          throw users.unknown(
              "the role sees no row in users with the user id of the token, or users spells that id in"
                  + " another way");
      default -> throw new WriteRefusedException(Reason.valueOf(verdict.toUpperCase(Locale.ROOT)));
    }
  }

  private Optional<DbRow> saveKnown(Save save) {
    try {
      return run("save", save);
    } catch (DbClientException e) {
      if (UsersTable.isNoId(e)) {
        throw save.preconditions.ifMatch() == null
            ? users.unknown("the user id of the token is not of the type of users.id")
            : new WriteRefusedException(Reason.PRECONDITION_FAILED);
      }
      users.requireReadable(save.userId);
      throw e;
    }
  }

  private Optional<DbRow> saveAndProvision(Save save) {
    try {
      return run("save-and-provision", save);
    } catch (DatabaseUnavailableException e) {
      // The users table has refused: the statement save has just run, and needs the same privileges
      // on the service's own tables.
      throw e.isTransient() ? e : users.unknown(e, save.userId);
    } catch (DbClientException e) {
      throw SqlErrors.table(e).equals(TABLE) ? e : users.unknown(e, save.userId);
    }
  }

  /** Empty when the user was deleted while the row was being written. */
  private Optional<DbRow> run(String statement, Save save) {
    LlmSettings settings = save.settings;
    Map<String, @Nullable Object> values = values(save.userId, save.preconditions);
    values.put("provider", settings.provider().wireName());
    values.put("model", settings.model().text());
    values.put("base_url", settings.baseUrlText());
    values.put("base_url_origin", settings.baseUrl() == null ? null : settings.origin());
    values.put("keep_key", save.keepKey);
    values.put("api_key_ciphertext", save.sealedKey);
    values.put("kid", save.kid());
    try {
      return first(statement, values);
    } catch (DbClientException e) {
      if (SqlErrors.state(e).equals(FOREIGN_KEY_VIOLATION) && SqlErrors.table(e).equals(TABLE)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** As {@link LlmSettingsService#remove}, or as {@link LlmSettingsService#removeKey}. */
  Removed remove(String userId, Preconditions preconditions, boolean keyOnly) {
    String statement = keyOnly ? "remove-key" : "remove";
    try {
      DbRow row = first(statement, values(userId, preconditions)).orElseThrow();
      if (Rows.flag(row, "met")) {
        return new Removed(Rows.flag(row, "existed"), Rows.flag(row, "key_existed"));
      }
    } catch (DbClientException e) {
      if (!UsersTable.isNoId(e)) {
        throw e;
      }
      if (preconditions.ifMatch() == null) {
        return new Removed(false, false);
      }
    }
    throw new WriteRefusedException(Reason.PRECONDITION_FAILED);
  }

  private static Map<String, @Nullable Object> values(String userId, Preconditions preconditions) {
    Map<String, @Nullable Object> values = new HashMap<>();
    values.put("user_id", userId);
    values.put("if_match", joined(preconditions.ifMatch()));
    values.put("if_none_match", joined(preconditions.ifNoneMatch()));
    return values;
  }

  private static @Nullable String joined(@Nullable Set<String> versions) {
    return versions == null ? null : String.join(",", versions);
  }

  private Optional<DbRow> first(String statement, Map<String, @Nullable Object> values) {
    return database.run(db -> SqlStatements.first(db, statement, values));
  }
}
