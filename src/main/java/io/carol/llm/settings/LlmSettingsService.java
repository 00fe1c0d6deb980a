package io.carol.llm.settings;

import io.carol.llm.config.Configuration;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyRegistry;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.keys.KeyState;
import io.carol.llm.observability.Audit;
import io.carol.llm.observability.UserHash;
import io.carol.llm.settings.SettingsRepository.Removed;
import io.carol.llm.settings.SettingsRepository.Save;
import io.carol.llm.settings.SettingsRepository.SealedSettings;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.helidon.config.Config;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import java.util.Locale;
import java.util.Optional;

/**
 * Each user's choice of LLM, with the API key encrypted at rest. Needs no HTTP: the agent loop
 * opens one of its own.
 *
 * <p>Every method that reads or writes throws {@link
 * io.carol.llm.database.DatabaseUnavailableException} when the database is away. Each runs one
 * statement, except a save that also creates the user or registers the encryption key. Thread-safe.
 */
public final class LlmSettingsService implements AutoCloseable {
  /**
   * What a save left behind.
   *
   * @param created whether there were no settings before
   * @param keyExisted whether a key was stored before
   */
  public record Saved(StoredSettings settings, boolean created, boolean keyExisted) {}

  private final Database database;
  private final KeyRegistry registry;
  private final BaseUrlPolicy policy;
  private final SettingsRepository repository;
  private final UsageRepository usage;
  private final Audit audit;
  private final SealedKeys sealedKeys;

  /**
   * @param database closed together with this
   * @param policy what a stored base URL must still meet when its key is handed out
   * @param provisionUsers whether a user not known yet is made on the first save
   * @param meters takes the counters of sealed and opened keys, of checks and of reported outcomes
   */
  public LlmSettingsService(
      Database database,
      KeyRingProvider keys,
      BaseUrlPolicy policy,
      boolean provisionUsers,
      MeterRegistry meters) {
    this.database = database;
    this.registry = new KeyRegistry(database, keys);
    this.policy = policy;
    this.repository = new SettingsRepository(database, provisionUsers);
    this.usage = new UsageRepository(database, keys);
    this.audit = new Audit(new UserHash(keys), meters);
    this.sealedKeys = new SealedKeys(keys, policy, audit);
  }

  /**
   * Opens the settings with a connection pool of their own. Connects to nothing yet.
   *
   * @param config the root of a configuration; {@link io.carol.llm.config.Setting} has the keys
   * @throws io.carol.llm.config.ConfigurationException naming the settings of the first part that
   *     is wrong: addresses, users, database
   */
  public static LlmSettingsService open(Config config) {
    KeyRingProvider keys = new KeyRingProvider(config);
    BaseUrlPolicy policy = new BaseUrlPolicy(Configuration.addresses(config));
    boolean provisionUsers = Configuration.provisionUsers(config);
    // Last, so that nothing stays open when the configuration is wrong.
    Database database = Database.open(Configuration.database(config));
    return new LlmSettingsService(database, keys, policy, provisionUsers, Metrics.globalRegistry);
  }

  /** What a person may see of their settings; empty when they have none. */
  public Optional<StoredSettings> find(String userId) {
    return repository.find(userId);
  }

  /**
   * Creates or replaces a user's settings.
   *
   * @throws WriteRefusedException when what is stored forbids it; nothing is changed then
   * @throws CryptoException when there is a key to store and it cannot be sealed: no encryption
   *     key, a malformed one, one that is not this database's, or a retired one. Nothing is changed
   *     then
   */
  public Saved save(
      String userId, LlmSettings settings, KeyChange keyChange, Preconditions preconditions) {
    try {
      boolean keepKey = keyChange instanceof KeyChange.Keep;
      String sealedKey =
          keyChange instanceof KeyChange.Replace(ApiKey key)
              ? sealedKeys.seal(userId, settings, key)
              : null;
      Saved saved = registering(new Save(userId, settings, keepKey, sealedKey, preconditions));
      if (sealedKey != null) {
        String provider = settings.provider().wireName();
        String kid = KeyRing.kidOf(sealedKey);
        audit.stored(userId, provider, settings.origin(), kid, saved.keyExisted());
      } else if (!keepKey && saved.keyExisted()) {
        audit.cleared(userId);
      }
      return saved;
    } catch (WriteRefusedException e) {
      audit.refused(userId, reason(e));
      throw e;
    } catch (CryptoException e) {
      audit.notSealed(userId, e.reason().code());
      throw e;
    }
  }

  /** Registers the sealing key where nothing has done so yet, and saves once more. */
  private Saved registering(Save save) {
    try {
      return repository.save(save);
    } catch (CryptoException e) {
      if (e.reason() != CryptoException.Reason.KEY_FOREIGN || registry.register() != KeyState.OK) {
        throw e;
      }
      return repository.save(save);
    }
  }

  /**
   * Removes a user's settings and key, if there are any.
   *
   * @throws WriteRefusedException when the preconditions are not met; nothing is changed then
   */
  public void remove(String userId, Preconditions preconditions) {
    Removed removed = remove(userId, preconditions, false);
    if (removed.existed()) {
      audit.deleted(userId, removed.keyExisted());
    }
  }

  /**
   * Removes a user's stored key, if there is one. The rest of the settings stays.
   *
   * @throws WriteRefusedException when the preconditions are not met; nothing is changed then
   */
  public void removeKey(String userId, Preconditions preconditions) {
    Removed removed = remove(userId, preconditions, true);
    if (removed.keyExisted()) {
      audit.cleared(userId);
    }
  }

  private Removed remove(String userId, Preconditions preconditions, boolean keyOnly) {
    try {
      return repository.remove(userId, preconditions, keyOnly);
    } catch (WriteRefusedException e) {
      audit.refused(userId, reason(e));
      throw e;
    }
  }

  /**
   * The API key of a user, for the agent loop only.
   *
   * @return empty when the user's LLM is used without a key
   * @throws LlmNotConfiguredException when the user has not chosen an LLM
   * @throws CryptoException when the key cannot be opened: no encryption key, a malformed one, not
   *     the one it was sealed with, or a row that was tampered with
   * @throws InvalidValueException when the stored address is one that is not allowed any more
   */
  public Optional<ApiKey> getDecryptedLlmKey(String userId) {
    return getDecryptedLlmSettings(userId).apiKey();
  }

  /**
   * Provider, model, base URL and API key of a user from one read, for the agent loop only.
   *
   * @throws LlmNotConfiguredException when the user has not chosen an LLM
   * @throws CryptoException as {@link #getDecryptedLlmKey}
   * @throws InvalidValueException as {@link #getDecryptedLlmKey}
   */
  public DecryptedLlmSettings getDecryptedLlmSettings(String userId) {
    return sealedKeys.open(
        userId, repository.findSealed(userId).orElseThrow(LlmNotConfiguredException::new));
  }

  /**
   * What {@link #getDecryptedLlmSettings} would hand out after a {@link #save} of these settings,
   * for the check of a connection only. Nothing is stored.
   *
   * @throws WriteRefusedException when the stored key is to be kept and belongs to another provider
   *     or origin
   * @throws CryptoException when the stored key is to be kept and cannot be opened
   */
  public DecryptedLlmSettings getUnsavedLlmSettings(
      String userId, LlmSettings settings, KeyChange keyChange) {
    Optional<ApiKey> key =
        switch (keyChange) {
          case KeyChange.Keep keep -> storedKey(userId, settings);
          case KeyChange.Clear clear -> Optional.empty();
          case KeyChange.Replace(ApiKey sent) -> Optional.of(sent);
        };
    return new DecryptedLlmSettings(
        userId, "", settings.provider(), settings.model().text(), settings.baseUrlText(), key);
  }

  private Optional<ApiKey> storedKey(String userId, LlmSettings settings) {
    SealedSettings row = repository.findSealed(userId).orElse(null);
    String sealed = row == null ? null : row.sealedKey();
    if (row == null || sealed == null) {
      return Optional.empty();
    }
    Provider provider = settings.provider();
    if (!row.provider().equals(provider.wireName()) || !row.origin().equals(settings.origin())) {
      throw new WriteRefusedException(WriteRefusedException.Reason.KEY_WOULD_MOVE);
    }
    return Optional.of(sealedKeys.open(sealed, userId, provider, settings.origin()));
  }

  /** What is known of a user's stored key; empty when the user has no settings. */
  public Optional<LlmStatus> status(String userId) {
    return usage.find(userId);
  }

  /**
   * Takes what the agent has seen of a provider, for {@link #status}. Runs a statement at most once
   * a minute for each user, and when the outcome is another than the last one. A report on settings
   * that were replaced or removed meanwhile is dropped.
   *
   * @param settings what {@link #getDecryptedLlmSettings} has handed out
   */
  public void report(DecryptedLlmSettings settings, Outcome outcome) {
    audit.reported(outcome.wireName());
    usage.report(settings, outcome);
  }

  /** Where the check of a connection is written down. */
  public Audit audit() {
    return audit;
  }

  /** Which addresses keys may be sent to. */
  public BaseUrlPolicy baseUrlPolicy() {
    return policy;
  }

  /** The encryption keys of the database these settings are in. */
  public KeyRegistry keyRegistry() {
    return registry;
  }

  /** Writes the audit lines that are still counted, then closes the connection pool. */
  @Override
  public void close() {
    audit.close();
    database.close();
  }

  private static String reason(WriteRefusedException e) {
    return e.reason().name().toLowerCase(Locale.ROOT);
  }
}
