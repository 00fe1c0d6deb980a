package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.ConfigurationException;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.testing.ExceptionText;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link LlmSettingsService} as Carol's agent loop uses it: opened by itself, without any HTTP. */
public final class AgentLoopTest {
  private static final Postgres SERVER = TestService.postgres();
  private static final String ENCRYPTION_KEY = Secrets.encryptionKey();
  private static final String PASSWORD = "geheim-5c1d";
  private static final String API_KEY = "sk-agent-4711";
  private static final BaseUrlPolicy POLICY = TestPolicy.ALL_HOSTS;

  private static final String DATABASE = TestService.migratedDatabase();

  @AutoClose private static final LlmSettingsService agent = TestService.agent(config(Map.of()));

  private static Config config(Map<String, String> overrides) {
    Map<String, String> values = new HashMap<>();
    values.put("carol.encryption.key", ENCRYPTION_KEY);
    values.put("carol.database.password", PASSWORD);
    values.putAll(overrides);
    return TestService.config(DATABASE, values);
  }

  private static LlmSettings compatible(String baseUrl) {
    return new LlmSettings(
        Provider.OPENAI_COMPATIBLE, new ModelName("llama"), POLICY.parse(baseUrl));
  }

  private static void save(
      LlmSettingsService credentials, String userId, LlmSettings settings, String apiKey) {
    credentials.save(
        userId, settings, new KeyChange.Replace(ApiKey.of(apiKey)), Preconditions.NONE);
  }

  /** It fails with this type, and nothing secret is in it or in what caused it. */
  private static <T extends Throwable> T assertFailsWith(Class<T> type, Executable call) {
    T failure = assertThrows(type, call);
    String said = ExceptionText.of(failure);
    for (String secret : List.of(API_KEY, ENCRYPTION_KEY, PASSWORD, "v1.")) {
      assertFalse(said.contains(secret), said);
    }
    return failure;
  }

  @Nested
  final class HandsOut {
    @Test
    void aKeyAndEverythingThatGoesWithIt() {
      save(agent, "found", compatible("https://LLM.example/v1"), API_KEY);
      assertEquals(Optional.of(ApiKey.of(API_KEY)), agent.getDecryptedLlmKey("found"));
      DecryptedLlmSettings handedOut = agent.getDecryptedLlmSettings("found");
      assertEquals(
          new DecryptedLlmSettings(
              "found",
              handedOut.version(),
              Provider.OPENAI_COMPATIBLE,
              "llama",
              "https://LLM.example/v1",
              Optional.of(ApiKey.of(API_KEY))),
          handedOut);
      assertFalse(handedOut.toString().contains(API_KEY), handedOut.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "not a key"})
    void settingsWithoutAKeyWhateverTheEncryptionKeyIs(String encryptionKey) {
      Config config = config(Map.of("carol.encryption.key", encryptionKey));
      try (LlmSettingsService credentials = TestService.agent(config)) {
        credentials.save(
            "keyless",
            compatible("http://localhost:11434/v1"),
            new KeyChange.Clear(),
            Preconditions.NONE);
        assertEquals(Optional.empty(), credentials.getDecryptedLlmKey("keyless"));
        assertEquals(
            "http://localhost:11434/v1", credentials.getDecryptedLlmSettings("keyless").baseUrl());
      }
    }
  }

  @Nested
  final class Refuses {
    @ParameterizedTest
    @ValueSource(strings = {"nobody", "", "x' OR '1'='1"})
    void aUserWithoutSettings(String userId) {
      assertFailsWith(LlmNotConfiguredException.class, () -> agent.getDecryptedLlmKey(userId));
      assertFailsWith(LlmNotConfiguredException.class, () -> agent.getDecryptedLlmSettings(userId));
    }

    @Test
    void aKeyThatTheEncryptionKeyAtHandDoesNotOpen() {
      save(agent, "sealed", choice(0), API_KEY);
      assertRefused("", Reason.KEY_MISSING);
      assertRefused(ENCRYPTION_KEY.substring(1), Reason.KEY_MALFORMED);
      assertRefused(Secrets.encryptionKey(), Reason.KEY_UNKNOWN);
    }

    private void assertRefused(String encryptionKey, Reason reason) {
      Config config = config(Map.of("carol.encryption.key", encryptionKey));
      try (LlmSettingsService credentials = TestService.agent(config)) {
        CryptoException refusal =
            assertFailsWith(CryptoException.class, () -> credentials.getDecryptedLlmKey("sealed"));
        assertEquals(reason, refusal.reason());
        assertEquals(
            Optional.of(LlmStatus.Key.UNREADABLE),
            credentials.status("sealed").map(LlmStatus::key));
      }
    }

    @Test
    void anythingWhileTheDatabaseIsAway() {
      Config away = config(Map.of("carol.database.url", "jdbc:postgresql://localhost:1/x"));
      try (LlmSettingsService credentials = LlmSettingsService.open(away)) {
        DatabaseUnavailableException failure =
            assertFailsWith(
                DatabaseUnavailableException.class, () -> credentials.getDecryptedLlmKey("a"));
        assertTrue(ExceptionText.of(failure).contains("refused"), () -> ExceptionText.of(failure));
      }
    }

    @Test
    void aConfigurationWithoutADatabase() {
      Config config = config(Map.of("carol.database.url", ""));
      ConfigurationException failure =
          assertFailsWith(ConfigurationException.class, () -> LlmSettingsService.open(config));
      assertTrue(String.valueOf(failure.getMessage()).contains("CAROL_DATABASE_URL"));
    }
  }

  /** Each choice is of one piece: provider, address, model and key belong together. */
  @Test
  public void providerAddressAndKeyBelongTogetherHoweverManyReadAndWriteAtOnce() throws Exception {
    try (LlmSettingsService reading = TestService.agent(config(Map.of()));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      AtomicBoolean stopped = new AtomicBoolean();
      AtomicInteger reads = new AtomicInteger();
      AtomicInteger seen = new AtomicInteger();
      save(agent, "busy", choice(0), key(0));
      List<Future<?>> runs = new ArrayList<>();
      for (int writer = 0; writer < 4; writer++) {
        int first = writer;
        runs.add(
            threads.submit(() -> {
              for (int i = first; !stopped.get(); i += 4) {
                save(agent, "busy", choice(i), key(i));
              }
            }));
      }
      for (int reader = 0; reader < 8; reader++) {
        runs.add(
            threads.submit(() -> {
              while (!stopped.get()) {
                DecryptedLlmSettings settings = reading.getDecryptedLlmSettings("busy");
                int i = Integer.parseInt(settings.model());
                LlmSettings written = choice(i);
                BaseUrl baseUrl = written.baseUrl();
                assertEquals(
                    new DecryptedLlmSettings(
                        "busy",
                        settings.version(),
                        written.provider(),
                        written.model().text(),
                        baseUrl == null ? null : baseUrl.text(),
                        Optional.of(ApiKey.of(key(i)))),
                    settings);
                reads.incrementAndGet();
                seen.accumulateAndGet(i, Math::max);
              }
            }));
      }
      TestService.await(
          "enough was read",
          () -> (reads.get() > 2000 && seen.get() > 100) || runs.stream().anyMatch(Future::isDone));
      stopped.set(true);
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  private static LlmSettings choice(int i) {
    ModelName model = new ModelName(String.valueOf(i));
    return i % 3 == 0
        ? new LlmSettings(Provider.ANTHROPIC, model, null)
        : new LlmSettings(
            Provider.OPENAI_COMPATIBLE, model, POLICY.parse("https://llm-" + i + ".example/v1"));
  }

  private static String key(int i) {
    return "sk-" + i;
  }

  @Test
  public void closingItLeavesNoConnectionBehind() {
    String own = TestService.migratedDatabase();
    Config config = config(Map.of("carol.database.url", SERVER.url(own)));
    LlmSettingsService credentials = LlmSettingsService.open(config);
    assertThrows(LlmNotConfiguredException.class, () -> credentials.getDecryptedLlmKey("a"));
    assertTrue(SERVER.connections(own) > 0);
    credentials.close();
    TestService.await("the connections are closed", () -> SERVER.connections(own) == 0);
    assertFailsWith(DatabaseUnavailableException.class, () -> credentials.getDecryptedLlmKey("a"));
    credentials.close();
  }
}
