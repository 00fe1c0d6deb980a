package io.carol.llm.keys;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * The encryption keys that belong to a database, by their ids.
 *
 * <p>The first key that comes to a database without sealed values is taken as its key. From then on
 * a key becomes one of the database's by coming together with one that is: as the new sealing key
 * of a ring that can also open with a known one. Any other is {@linkplain KeyState#FOREIGN
 * foreign}. Thread-safe.
 */
public final class KeyRegistry {
  /**
   * A key of the database.
   *
   * @param seals how many values it has sealed, a few seconds behind
   * @param sinceSealing since when no running replica has said that it seals with it
   */
  public record Listed(String kid, String checkValue, long seals, Duration sinceSealing) {}

  /**
   * How many stored API keys are sealed with one key.
   *
   * @param user the first of those whose they are
   */
  public record Sealed(String kid, long rows, String user) {
    private Sealed plus(Sealed later) {
      return new Sealed(kid, rows + later.rows, user);
    }
  }

  private static final System.Logger LOGGER = System.getLogger(KeyRegistry.class.getName());
  private static final byte[] CHECK_TEXT = "carol-llm-settings:key-check:v1".getBytes(US_ASCII);
  private static final String CHECK_CONTEXT = "key-check";

  private final Database database;
  private final KeyRingProvider keys;
  private final Map<String, LongAdder> seals = new ConcurrentHashMap<>();
  private volatile String knownToBeOk = "";

  /** Asks for nothing yet. */
  public KeyRegistry(Database database, KeyRingProvider keys) {
    this.database = database;
    this.keys = keys;
  }

  /**
   * Whether the sealing key is one of this database's. Makes it one where that is due. Asks the
   * database as long as the answer is not {@link KeyState#OK}, once for each key.
   */
  public KeyCheck check() {
    return check(true);
  }

  /** The same without making the sealing key one of the database's. */
  KeyCheck inspect() {
    return check(false);
  }

  private KeyCheck check(boolean join) {
    try {
      KeyRing ring = keys.sealingRing();
      String kid = ring.sealingKid().orElse("");
      if (kid.isEmpty()) {
        return new KeyCheck(KeyState.MISSING, List.of("No encryption key is configured"));
      }
      if (!kid.equals(knownToBeOk)) {
        if (!belongs(ring, kid, join)) {
          return new KeyCheck(
              KeyState.FOREIGN,
              List.of(
                  "The encryption key " + kid + " is not one that this database was written with"));
        }
        if (join) {
          knownToBeOk = kid;
        }
      }
      return new KeyCheck(KeyState.OK, keys.problems());
    } catch (EncryptionKeyMissingException e) {
      return new KeyCheck(KeyState.MISSING, List.of(String.valueOf(e.getMessage())));
    } catch (CryptoException e) {
      return new KeyCheck(KeyState.MALFORMED, List.of(String.valueOf(e.getMessage())));
    } catch (DatabaseUnavailableException e) {
      return new KeyCheck(KeyState.UNKNOWN, List.of());
    }
  }

  /**
   * Makes the sealing key one of this database's, whatever was before: for when the right one is
   * lost.
   *
   * @throws CryptoException when there is no sealing key
   */
  public void accept() {
    KeyRing ring = keys.sealingRing();
    database.run(db -> add(db.execute(), ring));
    LOGGER.log(
        Level.WARNING,
        "The encryption key {0} was accepted as one of this database",
        ring.sealingKid().orElseThrow());
  }

  /** The keys of this database, the oldest first. */
  public List<Listed> listed() {
    return database.run(db -> listed(db.execute()));
  }

  /**
   * Counts the rows by key, in many short statements: all at once would hold one up for too long.
   *
   * @param pause called between two statements, with how long the first of them took
   */
  public List<Sealed> count(Pause pause) throws InterruptedException {
    Map<String, Sealed> counted = new TreeMap<>();
    String after = "";
    while (true) {
      long started = System.nanoTime();
      List<Sealed> next = new ArrayList<>();
      String last = countNext(after, next);
      for (Sealed sealed : next) {
        counted.merge(sealed.kid, sealed, Sealed::plus);
      }
      if (last.isEmpty()) {
        return List.copyOf(counted.values());
      }
      after = last;
      pause.after(Duration.ofNanos(System.nanoTime() - started));
    }
  }

  /** What happens between two statements. */
  @FunctionalInterface
  public interface Pause {
    void after(Duration statement) throws InterruptedException;
  }

  /** Counts one more value sealed with this key. */
  public void sealed(String kid) {
    seals.computeIfAbsent(kid, each -> new LongAdder()).increment();
  }

  /**
   * Tells the database which key is the sealing key here, and how often which one has sealed since
   * it was told last.
   *
   * @throws CryptoException as {@link KeyRingProvider#sealingRing}
   */
  public void tell() {
    String sealing = keys.sealingRing().sealingKid().orElse("");
    if (!sealing.isEmpty() && !tell(sealing)) {
      // It is not listed, so it is not the database that it was once found to belong to.
      knownToBeOk = "";
    }
    seals.forEach((kid, count) -> {
      if (!kid.equals(sealing) && count.sum() > 0) {
        tell(kid);
      }
    });
  }

  private boolean tell(String kid) {
    LongAdder counter = seals.computeIfAbsent(kid, each -> new LongAdder());
    long count = counter.sumThenReset();
    try {
      return database.run(db -> countSeals(db.execute(), kid, count)) > 0;
    } catch (RuntimeException e) {
      counter.add(count);
      throw e;
    }
  }

  static long countSeals(DbExecute db, String kid, long count) {
    return db.createNamedUpdate("count-seals")
        .addParam("kid", kid)
        .addParam("seals", count)
        .execute();
  }

  /** Whether a ring has the very key that is listed, and not only one of the same id. */
  public static boolean opens(KeyRing ring, Listed listed) {
    try {
      return Arrays.equals(CHECK_TEXT, ring.open(listed.checkValue, CHECK_CONTEXT));
    } catch (CryptoException e) {
      return false;
    }
  }

  private boolean belongs(KeyRing ring, String kid, boolean join) {
    Optional<Listed> itself = listed().stream().filter(key -> key.kid.equals(kid)).findFirst();
    if (itself.isPresent()) {
      return opens(ring, itself.get());
    }
    if (!join) {
      return database.run(db -> mayJoin(db.execute(), ring));
    }
    return database.transact(db -> {
      db.namedDml("lock-encryption-keys");
      boolean joins = mayJoin(db, ring);
      if (joins) {
        add(db, ring);
      }
      return joins;
    });
  }

  private static boolean mayJoin(DbExecute db, KeyRing ring) {
    List<Listed> listed = listed(db);
    return listed.isEmpty()
        ? sealedKid(db).map(ring.kids()::contains).orElse(true)
        : listed.stream().anyMatch(key -> opens(ring, key));
  }

  /**
   * @param sealed takes what is counted
   * @return the user of the last row looked at; empty at the end
   */
  private String countNext(String after, List<Sealed> sealed) {
    return database.run(db -> {
      String last = "";
      try (Stream<DbRow> rows =
          db.execute().createNamedQuery("count-sealed-rows").addParam("after", after).execute()) {
        for (DbRow row : (Iterable<DbRow>) rows::iterator) {
          last = text(row, "last");
          if (number(row, "rows") > 0) {
            sealed.add(new Sealed(text(row, "kid"), number(row, "rows"), text(row, "sample")));
          }
        }
      }
      return last;
    });
  }

  private static long add(DbExecute db, KeyRing ring) {
    String checkValue = ring.seal(CHECK_TEXT, CHECK_CONTEXT);
    return db.createNamedDmlStatement("add-encryption-key")
        .addParam("kid", KeyRing.kidOf(checkValue))
        .addParam("check_value", checkValue)
        .execute();
  }

  private static List<Listed> listed(DbExecute db) {
    try (Stream<DbRow> rows = db.namedQuery("encryption-keys")) {
      return rows.map(row ->
              new Listed(
                  text(row, "kid"),
                  text(row, "check_value"),
                  number(row, "seals"),
                  Duration.ofSeconds(number(row, "seconds_since_sealing"))))
          .toList();
    }
  }

  /** The key of some sealed value. */
  private static Optional<String> sealedKid(DbExecute db) {
    try (Stream<DbRow> rows = db.namedQuery("some-sealed-row")) {
      return rows.findFirst().map(row -> text(row, "kid"));
    }
  }

  private static String text(DbRow row, String column) {
    return row.column(column).get(String.class);
  }

  private static long number(DbRow row, String column) {
    return row.column(column).get(Long.class);
  }
}
