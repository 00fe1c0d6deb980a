package io.carol.llm.keys;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.stream.Collectors.toMap;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.Rows;
import io.carol.llm.database.SqlStatements;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The encryption keys that belong to a database, by their ids. The statement that stores a sealed
 * value accepts no other key, and no retired one.
 *
 * <p>A key becomes one of them by being configured together with one that is not retired. Where
 * none is registered yet, the configured keys become the first ones if nothing is sealed, or if
 * they sealed what is there. {@link Rewrap} retires a key. Only {@link #accept} takes in any other
 * key, or takes a retirement back. Thread-safe.
 */
public final class KeyRegistry {
  /**
   * A key of the database.
   *
   * @param checkValue a fixed text that is sealed with the key
   */
  record RegisteredKey(String kid, String checkValue, boolean retired) {
    /** Whether a ring has the very key that is registered, and not only one with the same id. */
    boolean opensWith(KeyRing ring) {
      try {
        return Arrays.equals(CHECK_TEXT, ring.open(checkValue, CHECK_CONTEXT));
      } catch (CryptoException e) {
        return false;
      }
    }
  }

  /**
   * What the database says of a ring.
   *
   * @param mayJoin whether the rules allow to register those of its keys that are not
   */
  private record Found(List<RegisteredKey> registered, boolean mayJoin) {}

  private static final Logger LOGGER = LoggerFactory.getLogger(KeyRegistry.class);
  private static final byte[] CHECK_TEXT = "carol-llm-settings:key-check:v1".getBytes(US_ASCII);
  private static final String CHECK_CONTEXT = "key-check";

  private final Database database;
  private final KeyRingProvider keys;
  private final AsyncLoadingCache<String, KeyState> statesByKid =
      Caffeine.newBuilder()
          .refreshAfterWrite(Duration.ofSeconds(2))
          .executor(Thread::startVirtualThread)
          .buildAsync(this::find);
  private volatile String logged = "";

  /** Asks for nothing yet. */
  public KeyRegistry(Database database, KeyRingProvider keys) {
    this.database = database;
    this.keys = keys;
  }

  /**
   * How the sealing key stands to the database, as last found there. Never waits for the database:
   * what is older than 2 seconds is found anew in the background, which also registers the
   * configured keys where the rules allow it.
   */
  public KeyStatus status() {
    return status(
        ring -> statesByKid.get(ring.sealingKid().orElseThrow()).getNow(KeyState.UNKNOWN));
  }

  /** Has {@link #status} find the state anew, however lately it was found. */
  public void findAnew() {
    statesByKid.synchronous().invalidateAll();
    status();
  }

  /**
   * {@link #status}, found in the database now and without registering anything.
   *
   * @throws DatabaseUnavailableException when the database is away
   */
  KeyStatus inspect() {
    return status(ring -> database.run(db -> state(ring, find(db, ring))));
  }

  /**
   * Registers the configured keys where the rules allow it.
   *
   * @return {@link KeyState#OK}, {@link KeyState#FOREIGN} or {@link KeyState#RETIRED}
   * @throws DatabaseUnavailableException when the database is away
   * @throws CryptoException when there is no sealing key
   */
  public KeyState register() {
    KeyRing ring = keys.sealingRing();
    Found found = database.run(db -> find(db, ring));
    if (found.mayJoin && !newKids(ring, found.registered).isEmpty()) {
      found =
          database.transact(db -> {
            // Of two replicas with different keys only one may be the first.
            db.namedDml("lock-encryption-keys");
            Found locked = find(db, ring);
            if (locked.mayJoin) {
              newKids(ring, locked.registered)
                  .forEach(kid -> store(db, "register-encryption-key", ring, kid));
            }
            return locked;
          });
    }
    return state(ring, found);
  }

  /**
   * Makes the sealing key one of the database's keys whatever the rules say, and takes its
   * retirement back.
   *
   * @throws DatabaseUnavailableException when the database is away
   * @throws CryptoException when there is no sealing key
   */
  public void accept() {
    KeyRing ring = keys.sealingRing();
    String kid = ring.sealingKid().orElseThrow();
    database.run(db -> store(db, "accept-encryption-key", ring, kid));
    LOGGER.warn("Encryption key {} was accepted as one of this database's keys", kid);
  }

  /** The keys of the database in the order in which they were registered. */
  List<RegisteredKey> registered() {
    return database.run(KeyRegistry::registered);
  }

  /** How many API keys are sealed with each encryption key, by kid. Looks at every row. */
  Map<String, Long> sealedKeysByKid() {
    return database.run(db ->
        SqlStatements.query(
            db,
            "sealed-keys-by-kid",
            Map.of(),
            rows ->
                rows.collect(
                    toMap(row -> Rows.text(row, "kid"), row -> Rows.number(row, "sealed_keys")))));
  }

  private KeyState find(String kid) {
    try {
      KeyState found = register();
      String line =
          found == KeyState.OK
              ? "Encryption key " + kid + " is one of this database's keys"
              : refusal(found, kid).getMessage();
      if (!line.equals(logged)) {
        logged = line;
        LOGGER.atLevel(found == KeyState.OK ? Level.INFO : Level.WARN).log("{}", line);
      }
      return found;
    } catch (DatabaseUnavailableException | CryptoException e) {
      // The database and the provider of the keys have logged it.
    } catch (RuntimeException e) {
      LOGGER.error("The encryption keys of the database cannot be read", e);
    }
    // What was found last, which the cache holds while the same key is looked for anew; nothing
    // after findAnew.
    CompletableFuture<KeyState> last = statesByKid.getIfPresent(kid);
    return last == null ? KeyState.UNKNOWN : last.getNow(KeyState.UNKNOWN);
  }

  /**
   * @param finder tells how the sealing key of a ring stands to the database; not asked without one
   */
  private KeyStatus status(Function<KeyRing, KeyState> finder) {
    ConfiguredKeys configured = keys.configured();
    CryptoException failure = configured.failure();
    if (failure != null) {
      return new KeyStatus(
          failure.reason() == Reason.KEY_MISSING ? KeyState.MISSING : KeyState.MALFORMED,
          configured.problems());
    }
    KeyState found = finder.apply(configured.ring());
    List<String> remarks = new ArrayList<>(configured.problems());
    if (found == KeyState.FOREIGN || found == KeyState.RETIRED) {
      remarks.addFirst(refusal(found, configured.ring().sealingKid().orElseThrow()).getMessage());
    }
    return new KeyStatus(found, remarks);
  }

  /**
   * The exception for a save whose sealing key is foreign or retired.
   *
   * @param state {@link KeyState#FOREIGN} or {@link KeyState#RETIRED}
   */
  public static CryptoException refusal(KeyState state, String kid) {
    return state == KeyState.RETIRED
        ? new CryptoException(
            Reason.KEY_RETIRED,
            "Encryption key %s is retired in this database:".formatted(kid)
                + " set CAROL_ENCRYPTION_KEY, or the file of CAROL_ENCRYPTION_KEY_FILE, to the key that"
                + " replaced it. To go back to this one, run `doctor --accept-key`")
        : new CryptoException(
            Reason.KEY_FOREIGN,
            "Encryption key %s is not one of this database's keys:".formatted(kid)
                + " set CAROL_ENCRYPTION_KEY, or the file of CAROL_ENCRYPTION_KEY_FILE, to the key that"
                + " sealed what is stored. When that key is lost, run `doctor --accept-key`");
  }

  private static KeyState state(KeyRing ring, Found found) {
    String kid = ring.sealingKid().orElseThrow();
    for (RegisteredKey key : found.registered) {
      if (key.kid.equals(kid)) {
        KeyState state = key.retired ? KeyState.RETIRED : KeyState.OK;
        return key.opensWith(ring) ? state : KeyState.FOREIGN;
      }
    }
    return found.mayJoin ? KeyState.OK : KeyState.FOREIGN;
  }

  private static Found find(DbExecute db, KeyRing ring) {
    List<RegisteredKey> registered = registered(db);
    if (registered.isEmpty()) {
      Optional<DbRow> sealed = SqlStatements.first(db, "some-sealed-row", Map.of());
      if (sealed.isEmpty() || ring.kids().contains(Rows.text(sealed.get(), "kid"))) {
        return new Found(registered, true);
      }
      // Another replica may have registered its key and sealed that row between the two looks.
      registered = registered(db);
    }
    return new Found(
        registered, registered.stream().anyMatch(key -> !key.retired && key.opensWith(ring)));
  }

  /** Ids of the configured keys that are not registered, the sealing key's first. */
  private static List<String> newKids(KeyRing ring, List<RegisteredKey> registered) {
    List<String> kids = new ArrayList<>(ring.kids());
    registered.forEach(key -> kids.remove(key.kid));
    return kids;
  }

  private static long store(DbExecute db, String statement, KeyRing ring, String kid) {
    String checkValue = ring.sealingWith(kid).seal(CHECK_TEXT, CHECK_CONTEXT);
    return SqlStatements.write(db, statement, Map.of("kid", kid, "check_value", checkValue));
  }

  private static List<RegisteredKey> registered(DbExecute db) {
    return SqlStatements.query(
        db,
        "encryption-keys",
        Map.of(),
        rows ->
            rows.map(row ->
                    new RegisteredKey(
                        Rows.text(row, "kid"),
                        Rows.text(row, "check_value"),
                        Rows.flag(row, "retired")))
                .toList());
  }
}
