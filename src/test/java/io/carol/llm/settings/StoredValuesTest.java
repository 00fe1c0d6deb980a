package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an agent gets for rows of every kind, also those that could not be saved any more. */
public final class StoredValuesTest {
  private static final String ENCRYPTION_KEY = Secrets.encryptionKey();
  private static final KeyRing RING =
      KeyRing.of(EncryptionKey.parse("CAROL_ENCRYPTION_KEY", ENCRYPTION_KEY), List.of());
  private static final AtomicInteger USERS = new AtomicInteger();

  private static final String database = TestService.migratedDatabase();

  @AutoClose
  private static final TestService service =
      TestService.start(database, Map.of("carol.encryption.key", ENCRYPTION_KEY));

  @AutoClose private static final LlmSettingsService settings = TestService.agent(service.config());

  /** A row as a version of this program has written it, sealed for this origin. */
  private static String insert(
      String provider, @Nullable String baseUrl, String origin, String apiKey) {
    String user = "stored-" + USERS.incrementAndGet();
    String sealed = RING.seal(apiKey.getBytes(StandardCharsets.ISO_8859_1), user, provider, origin);
    service.sql("INSERT INTO users (id) VALUES ('" + user + "')");
    service.sql(
        "INSERT INTO user_llm_credentials"
            + " (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)"
            + " VALUES ('%s', '%s', 'm', %s, %s, '%s')"
                .formatted(
                    user,
                    provider,
                    baseUrl == null ? "NULL" : "'" + baseUrl + "'",
                    baseUrl == null ? "NULL" : "'" + origin + "'",
                    sealed));
    return user;
  }

  @ParameterizedTest
  @CsvSource({
    "https://LLM.example/v1, https://llm.example, https://LLM.example/v1",
    "https://llm.example/, https://llm.example, https://llm.example",
    "https://llm.example/v1/chat/completions, https://llm.example, https://llm.example/v1/chat/completions",
    "http://[0:0::1]:80/, http://[::1], http://[0:0::1]:80",
    "https://198.18.0.1, https://198.18.0.1, https://198.18.0.1",
  })
  public void addressesOfBeforeOpenAndLeaveWithoutASlash(
      String baseUrl, String origin, String handedOut) {
    String user = insert("openai_compatible", baseUrl, origin, "sk-1");
    DecryptedLlmSettings llm = settings.getDecryptedLlmSettings(user);
    assertEquals(Optional.of(ApiKey.of("sk-1")), llm.apiKey());
    assertEquals(handedOut, llm.baseUrl());
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          -, '', https://api.anthropic.com/v1/messages
          https://api.anthropic.com, '', https://api.anthropic.com/v1/messages
          https://gateway.example/x/, https://gateway.example, https://gateway.example/x/v1/messages
          """)
  public void anthropicIsCalledAtItsOwnAddressOrAtAGateway(
      @Nullable String baseUrl, String origin, String url) {
    String user = insert("anthropic", baseUrl, origin, "sk-ant-1");
    DecryptedLlmSettings llm = settings.getDecryptedLlmSettings(user);
    assertEquals(Optional.of(ApiKey.of("sk-ant-1")), llm.apiKey());
    assertEquals(url, llm.url("/v1/messages"));
  }

  @Test
  public void storedKeysOpenThatCouldNotBeSavedAnyMore() {
    String user = insert("anthropic", null, "", "sk-...");
    assertEquals("sk-...", settings.getDecryptedLlmKey(user).orElseThrow().reveal());
  }

  @Test
  public void anAddressOpensOnlyWhileTheOperatorAllowsIt() {
    String listed =
        insert("openai_compatible", "http://a.corp.example/v1", "http://a.corp.example", "sk-1");
    String other =
        insert("openai_compatible", "https://llm.example", "https://llm.example", "sk-1");
    String anthropic = insert("anthropic", null, "", "sk-1");
    assertEquals("base_url_insecure", refusal(settings, listed));
    // Its key would not open: the address is refused first.
    String metadata =
        insert(
            "openai_compatible", "https://169.254.169.254/latest", "https://llm.example", "sk-1");
    assertEquals("base_url_forbidden_host", refusal(settings, metadata));
    assertTrue(settings.getDecryptedLlmKey(other).isPresent());
    assertTrue(settings.getDecryptedLlmKey(anthropic).isPresent());
    Map<String, String> values =
        Map.of(
            "carol.encryption.key", ENCRYPTION_KEY,
            "carol.private.hosts", "10.0.0.0/8, .corp.example",
            "carol.allowed.hosts", ".corp.example");
    Config config = TestService.config(database, values);
    try (LlmSettingsService lists = TestService.agent(config)) {
      assertTrue(lists.getDecryptedLlmKey(listed).isPresent());
      assertEquals("base_url_forbidden_host", refusal(lists, other));
      assertTrue(lists.find(other).isPresent(), "what a person sees stays");
      service.sql(
          "UPDATE user_llm_credentials SET api_key_ciphertext = NULL WHERE user_id = '%s'"
              .formatted(other));
      assertEquals("base_url_forbidden_host", refusal(lists, other), "also without a key");
      assertEquals("base_url_forbidden_host", refusal(lists, anthropic));
    }
  }

  private static String refusal(LlmSettingsService settings, String user) {
    return assertThrows(InvalidValueException.class, () -> settings.getDecryptedLlmSettings(user))
        .code();
  }
}
