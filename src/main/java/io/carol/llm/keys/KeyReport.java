package io.carol.llm.keys;

import io.carol.llm.config.AddressConfig;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyRegistry.Listed;
import io.carol.llm.keys.KeyRegistry.Sealed;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.SettingsRepository;
import io.carol.llm.settings.SettingsRepository.SealedSettings;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks at the encryption keys that are configured and at everything that is sealed. */
public final class KeyReport {
  /** A replica says every few seconds which key it seals with. */
  private static final Duration NOBODY_SEALS = Duration.ofMinutes(1);

  /**
   * What was found.
   *
   * @param keys every key that is configured, belongs to the database, or has sealed something
   */
  public record Report(KeyCheck check, List<Key> keys) {
    /**
     * Whether the sealing key is the right one and every stored API key can be opened, also those
     * that some replica is about to store.
     */
    public boolean isHealthy() {
      return check.state() == KeyState.OK && keys.stream().noneMatch(Key::isMissed);
    }

    /** Whether something is sealed with another key than the sealing key. */
    public boolean rewrapIsDue() {
      return keys.stream().anyMatch(key -> !key.seals && key.rows > 0);
    }
  }

  /**
   * One encryption key.
   *
   * @param configured whether it is in the key ring here
   * @param seals whether it is the sealing key here
   * @param opens whether it is configured here and truly is the key it is taken for
   * @param rows how many stored API keys are sealed with it
   * @param everSealed how many values it has sealed in its life, a few seconds behind
   * @param sinceSealing since when no running replica has sealed with it; null when none ever said
   *     that it did
   * @param safeToRemove whether nothing is lost without it: nothing is sealed with it, and nobody
   *     sealed with it while the rows were counted, or in the minute before
   */
  public record Key(
      String kid,
      boolean configured,
      boolean seals,
      boolean opens,
      long rows,
      long everSealed,
      @Nullable Duration sinceSealing,
      boolean safeToRemove) {
    /** Whether something is, or will soon be, sealed with it that cannot be opened here. */
    public boolean isMissed() {
      boolean inUse = sinceSealing != null && sinceSealing.compareTo(NOBODY_SEALS) <= 0;
      return !opens && (rows > 0 || inUse);
    }
  }

  private final KeyRingProvider keys;
  private final KeyRegistry inventory;
  private final SettingsRepository repository;

  public KeyReport(Database database, KeyRingProvider keys) {
    this.keys = keys;
    this.inventory = new KeyRegistry(database, keys);
    this.repository = new SettingsRepository(database, false);
  }

  /**
   * Looks at every row.
   *
   * @throws io.carol.llm.database.DatabaseUnavailableException when the database is away
   */
  public Report examine() throws InterruptedException {
    KeyCheck check = inventory.inspect();
    KeyRing ring = ring();
    long started = System.nanoTime();
    Map<String, Sealed> sealed = byKid(inventory.count(statement -> {}), Sealed::kid);
    // After the rows: what a replica sealed behind the back of the count, it has said by now.
    Map<String, Listed> listed = byKid(inventory.listed(), Listed::kid);
    Duration quiet = NOBODY_SEALS.plusNanos(System.nanoTime() - started);
    TreeSet<String> kids = new TreeSet<>(ring.kids());
    kids.addAll(listed.keySet());
    kids.addAll(sealed.keySet());
    List<Key> found =
        kids.stream().map(kid -> key(ring, kid, listed.get(kid), sealed.get(kid), quiet)).toList();
    return new Report(check, found);
  }

  /**
   * Makes the sealing key one of the database's, for when the right one is lost.
   *
   * @throws CryptoException when there is no sealing key
   */
  public void accept() {
    inventory.accept();
  }

  /** One without any key when the configured one is not to be had; the check says why. */
  private KeyRing ring() {
    try {
      return keys.ring();
    } catch (CryptoException e) {
      return KeyRing.of(null, List.of());
    }
  }

  private Key key(
      KeyRing ring, String kid, @Nullable Listed listed, @Nullable Sealed sealed, Duration quiet) {
    boolean seals = ring.sealingKid().equals(Optional.of(kid));
    boolean opens = listed == null ? opensOne(ring, sealed) : KeyRegistry.opens(ring, listed);
    long rows = sealed == null ? 0 : sealed.rows();
    boolean nobodySeals = listed == null || listed.sinceSealing().compareTo(quiet) > 0;
    return new Key(
        kid,
        ring.kids().contains(kid),
        seals,
        opens,
        rows,
        listed == null ? 0 : listed.seals(),
        listed == null ? null : listed.sinceSealing(),
        !seals && rows == 0 && nobodySeals);
  }

  private boolean opensOne(KeyRing ring, @Nullable Sealed sealed) {
    return sealed != null
        && repository
            .findSealed(sealed.user())
            .filter(row -> opens(ring, sealed.user(), row))
            .isPresent();
  }

  private static boolean opens(KeyRing ring, String userId, SealedSettings row) {
    String baseUrl = row.baseUrl();
    try {
      String origin = baseUrl == null ? "" : new BaseUrlPolicy(new AddressConfig(true, List.of(), List.of())).parse(baseUrl).origin();
      ring.open(String.valueOf(row.sealedKey()), userId, row.provider(), origin);
      return true;
    } catch (CryptoException | InvalidValueException e) {
      return false;
    }
  }

  private static <T> Map<String, T> byKid(List<T> all, Function<T, String> kid) {
    return all.stream().collect(Collectors.toMap(kid, Function.identity()));
  }
}
