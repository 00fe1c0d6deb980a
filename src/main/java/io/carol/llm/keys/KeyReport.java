package io.carol.llm.keys;

import static java.util.stream.Collectors.toMap;

import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.database.Rows;
import io.carol.llm.database.SqlStatements;
import io.carol.llm.keys.KeyRegistry.RegisteredKey;
import io.helidon.dbclient.DbRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * How the configured encryption keys, the keys of the database and the stored API keys fit
 * together.
 *
 * @param keys every key that is configured, belongs to the database, or has sealed something
 * @param refused how many API keys were refused by their provider, as the agent reported last
 */
public record KeyReport(KeyStatus status, List<Key> keys, long refused) {
  /**
   * One encryption key.
   *
   * @param places where it is configured, such as {@code CAROL_ENCRYPTION_KEY}; empty when it is
   *     not
   * @param seals whether it is the sealing key
   * @param registered whether it is one of the database's keys, retired or not
   * @param rows how many stored API keys are sealed with it
   * @param opens whether what is sealed with it opens: the check value of the database, and one of
   *     the rows
   */
  public record Key(
      String kid,
      List<String> places,
      boolean seals,
      boolean registered,
      boolean retired,
      long rows,
      boolean opens) {
    /** Whether something is sealed with it, or may still be, that does not open. */
    public boolean isMissed() {
      return !opens && (rows > 0 || (registered && !retired));
    }

    /** Whether nothing is lost without it: nothing is sealed with it, and nothing can be. */
    public boolean safeToRemove() {
      return rows == 0 && !seals && (retired || !registered);
    }
  }

  /**
   * A user whom the operator asks to enter the API key again.
   *
   * @param key {@code unreadable} when no configured encryption key opens the API key, {@code
   *     refused} when its provider has refused it
   */
  public record UserToAsk(String id, String key) {}

  /**
   * Looks at every row, and changes nothing.
   *
   * @throws io.carol.llm.database.DatabaseUnavailableException when the database is away
   */
  public static KeyReport of(Database database, KeyRingProvider keys) {
    KeyRegistry registry = new KeyRegistry(database, keys);
    ConfiguredKeys configured = keys.configured();
    KeyRing ring = configured.ring();
    Map<String, Long> rows = registry.sealedKeysByKid();
    Map<String, RegisteredKey> registered =
        registry.registered().stream().collect(toMap(RegisteredKey::kid, Function.identity()));
    TreeSet<String> kids = new TreeSet<>(ring.kids());
    kids.addAll(rows.keySet());
    kids.addAll(registered.keySet());
    List<Key> found = new ArrayList<>();
    for (String kid : kids) {
      RegisteredKey known = registered.get(kid);
      long sealed = rows.getOrDefault(kid, 0L);
      boolean opens =
          ring.kids().contains(kid)
              && (known == null || known.opensWith(ring))
              && (sealed == 0 || opensOneRow(database, ring, kid));
      found.add(
          new Key(
              kid,
              configured.places().getOrDefault(kid, List.of()),
              ring.sealingKid().equals(Optional.of(kid)),
              known != null,
              known != null && known.retired(),
              sealed,
              opens));
    }
    DbRow refused =
        database.run(db -> SqlStatements.first(db, "refused-keys", Map.of()).orElseThrow());
    return new KeyReport(registry.inspect(), found, Rows.number(refused, "refused"));
  }

  /**
   * The users whom the operator asks to enter their API key again, in the order of their ids.
   *
   * @throws io.carol.llm.database.DatabaseUnavailableException when the database is away
   */
  public static List<UserToAsk> usersToAsk(Database database, KeyRingProvider keys) {
    String kids = String.join(",", keys.configured().ring().kids());
    return database.run(db ->
        SqlStatements.query(
            db,
            "users-to-ask",
            Map.of("kids", kids),
            rows ->
                rows.map(row -> new UserToAsk(Rows.text(row, "user_id"), Rows.text(row, "key")))
                    .toList()));
  }

  /** How many API keys are sealed with an encryption key that is not configured. */
  public long unreadable() {
    return keys.stream().filter(key -> key.places.isEmpty()).mapToLong(Key::rows).sum();
  }

  /**
   * Whether API keys can be saved, everything that is sealed, or may still be, opens, and every
   * configured key can be used.
   */
  public boolean isHealthy() {
    return status.state() == KeyState.OK
        && status.remarks().isEmpty()
        && keys.stream().noneMatch(Key::isMissed);
  }

  /** Whether something is sealed with another key than the sealing key. */
  public boolean rewrapIsDue() {
    return keys.stream().anyMatch(key -> !key.seals && key.rows > 0);
  }

  private static boolean opensOneRow(Database database, KeyRing ring, String kid) {
    return database.run(db ->
        SqlStatements.query(
            db,
            "sample-of-kid",
            Map.of("kid", kid),
            rows -> rows.allMatch(row -> Rewrap.open(row, ring).isPresent())));
  }
}
