package io.carol.llm.keys;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyRegistry.RegisteredKey;
import io.helidon.dbclient.DbRow;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * How the configured encryption keys, the keys of the database and the stored API keys fit
 * together.
 *
 * @param keys every key that is configured, belongs to the database, or has sealed something
 */
public record KeyReport(KeyStatus status, List<Key> keys) {
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
   * Looks at every row, and changes nothing.
   *
   * @throws io.carol.llm.database.DatabaseUnavailableException when the database is away
   */
  public static KeyReport of(Database database, KeyRingProvider keys) {
    KeyRegistry registry = new KeyRegistry(database, keys);
    KeyStatus status = registry.inspect();
    ConfiguredKeys configured = keys.configured();
    Map<String, Long> rows = registry.sealedKeysByKid();
    List<RegisteredKey> registered = registry.registered();
    TreeSet<String> kids = new TreeSet<>(configured.ring().kids());
    kids.addAll(rows.keySet());
    registered.forEach(key -> kids.add(key.kid()));
    return new KeyReport(
        status,
        kids.stream()
            .map(kid -> {
              Optional<RegisteredKey> known =
                  registered.stream().filter(key -> key.kid().equals(kid)).findFirst();
              long sealed = rows.getOrDefault(kid, 0L);
              return new Key(
                  kid,
                  configured.places().getOrDefault(kid, List.of()),
                  configured.ring().sealingKid().equals(Optional.of(kid)),
                  known.isPresent(),
                  known.filter(RegisteredKey::retired).isPresent(),
                  sealed,
                  configured.ring().kids().contains(kid)
                      && known.map(key -> key.opensWith(configured.ring())).orElse(true)
                      && (sealed == 0 || opensOneRow(database, configured.ring(), kid)));
            })
            .toList());
  }

  /** Whether API keys can be saved, and everything that is sealed, or may still be, opens. */
  public boolean isHealthy() {
    return status.state() == KeyState.OK && keys.stream().noneMatch(Key::isMissed);
  }

  /** Whether something is sealed with another key than the sealing key. */
  public boolean rewrapIsDue() {
    return keys.stream().anyMatch(key -> !key.seals && key.rows > 0);
  }

  private static boolean opensOneRow(Database database, KeyRing ring, String kid) {
    return database.run(db -> {
      try (Stream<DbRow> rows =
          db.execute().createNamedQuery("sample-of-kid").addParam("kid", kid).execute()) {
        return rows.allMatch(row -> opens(ring, row));
      }
    });
  }

  private static boolean opens(KeyRing ring, DbRow row) {
    try {
      ring.open(
          text(row, "api_key_ciphertext"),
          text(row, "user_id"),
          text(row, "provider"),
          text(row, "origin"));
      return true;
    } catch (CryptoException e) {
      return false;
    }
  }

  private static String text(DbRow row, String column) {
    return row.column(column).get(String.class);
  }
}
