package io.carol.llm.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Database;
import io.carol.llm.keys.Rewrap.Progress;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.DecryptedLlmSettings;
import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmNotConfiguredException;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.LlmStatus;
import io.carol.llm.settings.ModelName;
import io.carol.llm.settings.Preconditions;
import io.carol.llm.settings.Provider;
import io.carol.llm.settings.WriteRefusedException;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;

/**
 * Two replicas, three users, and an operator who changes the encryption key step by step, forwards
 * and backwards: in whatever order things happen, no save is refused and every API key opens to
 * what was stored last.
 */
final class RotationPropertiesTest {
  private static final List<String> KEYS =
      Stream.generate(Secrets::encryptionKey).limit(12).toList();
  private static final List<String> USERS = List.of("ada", "bob", "cyd");
  private static final List<String> URLS =
      List.of("https://one.example/v1", "https://one.example/v2", "https://two.example/v1");

  private static final String NAME = TestService.migratedDatabase();
  private static final Database DATABASE = Database.open(Configuration.database(config("", "")));
  private static final Database BATCHES =
      Database.openForBatches(Configuration.database(config("", "")));

  /** What a user or the operator does, on one of the replicas. */
  enum Action {
    SET,
    KEEP,
    CLEAR,
    REMOVE,
    OPEN,
    ADVANCE,
    RETREAT,
    REWRAP
  }

  record Step(Action action, int replica, int user, int url, int key) {}

  /** The model: what a user has chosen. */
  record Choice(String url, @Nullable String key) {
    boolean staysWith(String otherUrl) {
      return key == null || origin(url).equals(origin(otherUrl));
    }

    private static String origin(String url) {
      return url.substring(0, url.lastIndexOf('/'));
    }
  }

  /**
   * A replica at a stage of one key after the other: 3n seals with key n alone; at 3n + 1 key n + 1
   * opens too; at 3n + 2 they have changed places.
   */
  private static final class Replica {
    int stage;

    LlmSettingsService credentials() {
      return new LlmSettingsService(
          DATABASE, keys(), TestPolicy.ALL_HOSTS, true, new SimpleMeterRegistry());
    }

    String sealingKey() {
      return KEYS.get(stage % 3 == 2 ? stage / 3 + 1 : stage / 3);
    }

    KeyRingProvider keys() {
      String first = KEYS.get(stage / 3);
      String second = KEYS.get(stage / 3 + 1);
      Config config =
          switch (stage % 3) {
            case 0 -> config(first, "");
            case 1 -> config(first, second);
            default -> config(second, first);
          };
      return new KeyRingProvider(config);
    }
  }

  @AfterContainer
  static void close() {
    DATABASE.close();
    BATCHES.close();
  }

  @Property(tries = 60, shrinking = ShrinkingMode.BOUNDED)
  void everyKeyOpensToWhatWasStoredLast(@ForAll("steps") List<Step> steps) throws Exception {
    TestService.postgres().sql(NAME, "TRUNCATE users, llm_encryption_keys CASCADE");
    Map<String, Choice> model = new HashMap<>();
    List<Replica> replicas = List.of(new Replica(), new Replica());
    assertItsOwnKey(replicas.getFirst());
    for (Step step : steps) {
      Replica replica = replicas.get(step.replica);
      Replica other = replicas.get(1 - step.replica);
      switch (step.action) {
        case ADVANCE -> {
          if (mayBeAt(replica.stage + 1, other)) {
            replica.stage++;
          }
        }
        case RETREAT -> {
          if (replica.stage > 0 && mayBeAt(replica.stage - 1, other)) {
            replica.stage--;
          }
        }
        case REWRAP -> {
          if (replica.sealingKey().equals(other.sealingKey())) {
            Progress progress =
                new Rewrap(BATCHES, replica.keys(), false, Duration.ofSeconds(10), (u, kid) -> {})
                    .run();
            assertEquals(0, progress.unopened());
          }
        }
        default -> apply(step, replica.credentials(), model);
      }
      assertItsOwnKey(replica);
    }
    for (Replica replica : replicas) {
      for (String user : USERS) {
        assertSame(model.get(user), replica.credentials(), user);
      }
    }
  }

  /** An operator who goes back to a key that rewrap has retired accepts it first. */
  private static void assertItsOwnKey(Replica replica) {
    KeyRegistry registry = new KeyRegistry(DATABASE, replica.keys());
    if (registry.register() == KeyState.RETIRED) {
      registry.accept();
    }
    assertEquals(KeyState.OK, registry.register());
  }

  /** As the README says: one stage apart, and no key goes that is still needed. */
  private static boolean mayBeAt(int stage, Replica other) {
    return Math.abs(stage - other.stage) <= 1
        && stage / 3 + 1 < KEYS.size()
        && (stage % 3 > 0 || nothingIsSealedButWith(KEYS.get(stage / 3)));
  }

  private static boolean nothingIsSealedButWith(String key) {
    String kid = new KeyRingProvider(config(key, "")).ring().sealingKid().orElseThrow();
    return TestService.postgres()
        .sqlValue(
            NAME,
            "SELECT count(*) FROM user_llm_credentials WHERE substr(api_key_ciphertext, 4, 8) <> '"
                + kid
                + "'")
        .equals("0");
  }

  private static void apply(Step step, LlmSettingsService credentials, Map<String, Choice> model) {
    String user = USERS.get(step.user);
    String url = URLS.get(step.url);
    Choice before = model.get(user);
    switch (step.action) {
      case SET -> {
        String key = "sk-" + step.key;
        save(credentials, user, url, new KeyChange.Replace(ApiKey.of(key)));
        model.put(user, new Choice(url, key));
      }
      case CLEAR -> {
        save(credentials, user, url, new KeyChange.Clear());
        model.put(user, new Choice(url, null));
      }
      case KEEP -> {
        if (before != null && !before.staysWith(url)) {
          assertThrows(
              WriteRefusedException.class,
              () -> save(credentials, user, url, new KeyChange.Keep()));
        } else {
          save(credentials, user, url, new KeyChange.Keep());
          model.put(user, new Choice(url, before == null ? null : before.key));
        }
      }
      case REMOVE -> {
        credentials.remove(user, Preconditions.NONE);
        model.remove(user);
      }
      default -> assertSame(before, credentials, user);
    }
  }

  private static void save(LlmSettingsService credentials, String user, String url, KeyChange key) {
    BaseUrl baseUrl = TestPolicy.ALL_HOSTS.parse(url);
    credentials.save(
        user,
        new LlmSettings(Provider.OPENAI_COMPATIBLE, new ModelName("m"), baseUrl),
        key,
        Preconditions.NONE);
  }

  private static void assertSame(
      @Nullable Choice choice, LlmSettingsService credentials, String user) {
    if (choice == null) {
      assertThrows(
          LlmNotConfiguredException.class, () -> credentials.getDecryptedLlmSettings(user));
      return;
    }
    DecryptedLlmSettings settings = credentials.getDecryptedLlmSettings(user);
    assertEquals(choice.url, settings.baseUrl());
    assertEquals(Optional.ofNullable(choice.key), settings.apiKey().map(ApiKey::reveal));
    assertEquals(
        choice.key == null ? LlmStatus.Key.NONE : LlmStatus.Key.STORED,
        credentials.status(user).orElseThrow().key());
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.of(Action.class),
            Arbitraries.integers().between(0, 1),
            Arbitraries.integers().between(0, USERS.size() - 1),
            Arbitraries.integers().between(0, URLS.size() - 1),
            Arbitraries.integers().between(0, 999))
        .as(Step::new)
        .list()
        .ofMinSize(40)
        .ofMaxSize(120);
  }

  private static Config config(String sealing, String previous) {
    Map<String, String> keys =
        Map.of("carol.encryption.key", sealing, "carol.encryption.keys.previous", previous);
    return TestService.config(NAME, keys);
  }
}
