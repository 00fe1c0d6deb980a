package io.carol.llm.settings;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.observability.Audit;
import io.carol.llm.settings.SettingsRepository.SealedSettings;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Seals API keys for their rows and opens them, each opening with a line in the audit log.
 * Thread-safe.
 */
final class SealedKeys {
  private final KeyRingProvider keys;
  private final BaseUrlPolicy policy;
  private final Audit audit;
  // Many users share few addresses, and what the policy says of one never changes.
  private final Cache<String, BaseUrl> baseUrls =
      Caffeine.newBuilder().maximumSize(1_000).executor(Runnable::run).build();

  SealedKeys(KeyRingProvider keys, BaseUrlPolicy policy, Audit audit) {
    this.keys = keys;
    this.policy = policy;
    this.audit = audit;
  }

  /**
   * @throws CryptoException when there is no encryption key to seal with
   */
  String seal(String userId, LlmSettings settings, ApiKey key) {
    byte[] plaintext = key.reveal().getBytes(StandardCharsets.US_ASCII);
    return keys.sealingRing()
        .seal(plaintext, userId, settings.provider().wireName(), settings.origin());
  }

  /**
   * What a row holds, opened.
   *
   * @throws CryptoException when the key cannot be opened
   * @throws InvalidValueException when the address is not allowed any more
   */
  DecryptedLlmSettings open(String userId, SealedSettings row) {
    Provider provider = Provider.of(row.provider());
    String stored = row.baseUrl();
    // From the address itself and not from the stored origin: an edited address must not open.
    // Anthropic's own may not be among the hosts that the operator allows.
    BaseUrl baseUrl = baseUrl(userId, Provider.address(stored));
    Optional<ApiKey> key =
        Optional.ofNullable(row.sealedKey())
            .map(sealed -> open(sealed, userId, provider, provider.origin(baseUrl)));
    return new DecryptedLlmSettings(
        userId, row.version(), provider, row.model(), stored == null ? null : baseUrl.text(), key);
  }

  private BaseUrl baseUrl(String userId, String stored) {
    try {
      return baseUrls.get(stored, policy::parse);
    } catch (InvalidValueException e) {
      audit.opened(userId, "", Audit.NONE, "address_not_allowed");
      throw e;
    }
  }

  /**
   * @throws CryptoException when the key cannot be opened, or is sealed for another user, provider
   *     or origin
   */
  ApiKey open(String sealed, String userId, Provider provider, String origin) {
    String kid = Audit.NONE;
    String outcome = "failed";
    try {
      kid = KeyRing.kidOf(sealed);
      byte[] plaintext = keys.ring().open(sealed, userId, provider.wireName(), origin);
      ApiKey key = ApiKey.ofStored(new String(plaintext, StandardCharsets.US_ASCII));
      outcome = "ok";
      return key;
    } catch (CryptoException e) {
      outcome = e.reason().code();
      throw e;
    } finally {
      audit.opened(userId, origin, kid, outcome);
    }
  }
}
