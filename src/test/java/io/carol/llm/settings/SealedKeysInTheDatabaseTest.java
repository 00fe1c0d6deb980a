package io.carol.llm.settings;

import static io.carol.llm.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.testing.ExceptionText;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an attacker who can write to the database gets out of it: nothing but what is documented.
 */
public final class SealedKeysInTheDatabaseTest {
  // The bytes 0x40 to 0x5f.
  private static final String ENCRYPTION_KEY = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
  private static final AtomicInteger USERS = new AtomicInteger();

  @AutoClose
  private static final TestService service =
      TestService.start(Map.of("carol.encryption.key", ENCRYPTION_KEY));

  @AutoClose
  private static final LlmSettingsService credentials = TestService.agent(service.config());

  /** Each test has users of its own. */
  private final String user = "user-" + USERS.incrementAndGet();

  private final String other = user + "-other";

  private static void save(String userId, String baseUrl, String apiKey) {
    Reply reply =
        service
            .as(userId)
            .put(
                """
                {"provider":"openai_compatible","model":"m","baseUrl":"%s","apiKey":"%s"}
                """
                    .formatted(baseUrl, apiKey));
    assertEquals(2, reply.status() / 100, reply::body);
  }

  private static String sealed(String userId) {
    return service.sqlValue(
        "SELECT api_key_ciphertext FROM user_llm_credentials WHERE user_id = '" + userId + "'");
  }

  private static String row(String userId) {
    return service.sqlValue(
        "SELECT c::text FROM user_llm_credentials c WHERE user_id = '" + userId + "'");
  }

  /** Behind the service's back. */
  private static void edit(String userId, String assignments) {
    service.sql(
        "UPDATE user_llm_credentials SET " + assignments + " WHERE user_id = '" + userId + "'");
  }

  private static String opened(String userId) {
    return credentials.getDecryptedLlmKey(userId).orElseThrow().reveal();
  }

  /**
   * It fails with this type, says nothing secret, changes nothing, and the person sees their row.
   */
  private static CryptoException assertStaysShut(Reason reason, String userId) {
    String before = row(userId);
    CryptoException failure = assertFails(reason, () -> credentials.getDecryptedLlmKey(userId));
    assertFails(reason, () -> credentials.getDecryptedLlmSettings(userId));
    String said = ExceptionText.of(failure);
    assertFalse(said.contains("sk-"), said);
    assertFalse(said.contains(sealed(userId).substring(12)), said);
    assertEquals(before, row(userId));
    Reply seen = service.as(userId).get();
    assertEquals(200, seen.status());
    assertEquals("true", seen.text("keyConfigured"));
    return failure;
  }

  @Nested
  final class Moved {
    @Test
    void keysOfTwoUsersThatWereSwappedStayShutUntilTheyAreReplaced() {
      save(user, "https://llm.example/v1", "sk-one");
      save(other, "https://llm.example/v1", "sk-two");
      String one = sealed(user);
      String two = sealed(other);
      edit(user, "api_key_ciphertext = '" + two + "'");
      edit(other, "api_key_ciphertext = '" + one + "'");
      assertStaysShut(Reason.BROKEN, user);
      assertStaysShut(Reason.BROKEN, other);
      save(user, "https://llm.example/v1", "sk-new");
      assertEquals("sk-new", opened(user));
    }

    @Test
    void anEarlierKeyOfTheSameUserForTheSamePlaceOpens() {
      save(user, "https://llm.example/v1", "sk-earlier");
      String earlier = sealed(user);
      save(user, "https://llm.example/v1", "sk-later");
      edit(user, "api_key_ciphertext = '" + earlier + "'");
      assertEquals("sk-earlier", opened(user), "a documented limit");
    }
  }

  @Nested
  final class WithAnotherDestination {
    @ParameterizedTest
    @ValueSource(strings = {"https://llm.example.evil.example/v1", "https://llm.example:8443/v1"})
    void anEditedAddressStaysShut(String baseUrl) {
      save(user, "https://llm.example/v1", "sk-one");
      edit(user, "base_url = '" + baseUrl + "'");
      assertStaysShut(Reason.BROKEN, user);
      edit(user, "base_url_origin = regexp_replace(base_url, '(https?://[^/]+).*', '\\1')");
      assertStaysShut(Reason.BROKEN, user);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://llm.example/v2", "HTTPS://LLM.example:443"})
    void anotherPathOrSpellingOfTheSamePlaceOpens(String baseUrl) {
      save(user, "https://llm.example/v1", "sk-one");
      edit(user, "base_url = '" + baseUrl + "'");
      DecryptedLlmSettings settings = credentials.getDecryptedLlmSettings(user);
      assertEquals(baseUrl, settings.baseUrl());
      assertEquals("sk-one", settings.apiKey().orElseThrow().reveal());
    }

    @Test
    void theOriginColumnIsNotWhatAKeyIsOpenedBy() {
      save(user, "https://llm.example/v1", "sk-one");
      edit(user, "base_url_origin = 'https://evil.example'");
      DecryptedLlmSettings settings = credentials.getDecryptedLlmSettings(user);
      assertEquals("https://llm.example/v1", settings.baseUrl());
      assertEquals("sk-one", settings.apiKey().orElseThrow().reveal());
    }

    /**
     * The check on a PUT looks at the origin column. An attacker who edits it still gets no key
     * out.
     */
    @Test
    void anEditedOriginColumnAndAPutThatKeepsTheKeyLeadToAKeyThatStaysShut() {
      save(user, "https://llm.example/v1", "sk-one");
      edit(user, "base_url_origin = 'https://evil.example'");
      Reply kept =
          service
              .as(user)
              .put(
                  """
                  {"provider":"openai_compatible","model":"m","baseUrl":"https://evil.example"}
                  """);
      assertEquals(200, kept.status());
      assertStaysShut(Reason.BROKEN, user);
    }

    @Test
    void anEditedProviderStaysShut() {
      save(user, "https://llm.example/v1", "sk-one");
      edit(user, "provider = 'anthropic', base_url = NULL, base_url_origin = NULL");
      assertStaysShut(Reason.BROKEN, user);
    }
  }

  @Test
  public void aKeyIdThatIsNotConfiguredIsNamed() {
    save(user, "https://llm.example/v1", "sk-one");
    edit(user, "api_key_ciphertext = overlay(api_key_ciphertext placing 'deadbeef' from 4)");
    CryptoException failure = assertStaysShut(Reason.KEY_UNKNOWN, user);
    assertTrue(failure.getMessage().contains("deadbeef"), failure::getMessage);
  }

  /**
   * Sealed with another implementation (Python's cryptography), as README.md describes it. They
   * must open for ever.
   */
  @ParameterizedTest
  @CsvSource({
    "golden-1, openai_compatible, https://LLM.example.com:8443/v1,"
        + " v1.5890a71d.AAECAwQFBgcICQoLhmMogN1jKbRMdPFByTIfU0luQR8Y4CDFrD_yrc8, sk-golden-row",
    "gölden-2, anthropic, ,"
        + " v1.5890a71d.FBUWFxgZGhscHR4fWHx7NUefgqLTa-XTSY3-sKCnymH49oILwONknTiTu0PF,"
        + " sk-ant-golden-row",
    "golden-3, openai_compatible, http://[0:0::0:1]:11434,"
        + " v1.5890a71d.ZGVmZ2hpamtsbW5vFpPfAUC0maMkn-NBxYqAWpo, k"
  })
  public void aRowSealedElsewhereOpens(
      String userId, String provider, @Nullable String baseUrl, String sealed, String apiKey) {
    String url = baseUrl == null ? "NULL" : "'" + baseUrl + "'";
    service.sql("INSERT INTO users (id) VALUES ('" + userId + "')");
    service.sql(
        "INSERT INTO user_llm_credentials"
            + " (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)"
            + " VALUES ('%s', '%s', 'm', %s, %s, '%s')"
                .formatted(userId, provider, url, url, sealed));
    assertEquals(apiKey, opened(userId));
  }
}
