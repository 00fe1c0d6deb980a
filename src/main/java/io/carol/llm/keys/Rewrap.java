package io.carol.llm.keys;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.Rows;
import io.carol.llm.database.SqlStatements;
import io.carol.llm.keys.KeyRegistry.RegisteredKey;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals every stored API key anew that is not sealed with the sealing key, while the service runs,
 * and retires the encryption keys that nothing is sealed with any more. Good for one run.
 *
 * <p>It goes through the table in batches, each a transaction of its own, so that it can be killed
 * at any moment and started again. A row is written only where the ciphertext that was read still
 * stands, so a save that comes between wins. Several processes share the work: each takes the rows
 * that no other has locked. What a user sees of a row, its version included, stays as it is.
 */
public final class Rewrap {
  /**
   * How far a run is, in rows.
   *
   * @param total what there was to do at the beginning
   * @param resealed sealed with the sealing key now; in a dry run, what would be
   * @param unopened left as they are because they do not open
   */
  public record Progress(long total, long resealed, long unopened) {}

  /** A ciphertext, what is to replace it, and the row's ctid, which holds while it is locked. */
  record Resealed(String place, String before, String after) {}

  /** A row as it was read, with its replacement unless it does not open. */
  private record Read(DbRow row, Optional<Resealed> resealed) {}

  private record Batch(List<Read> rows, long written) {}

  private static final Logger LOGGER = LoggerFactory.getLogger(Rewrap.class);
  private static final int BATCH_SIZE = 1_000;
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(5);

  private final Database database;
  private final KeyRingProvider keys;
  private final KeyRegistry registry;
  private final boolean dryRun;
  private final Duration maxWait;
  private final BiConsumer<String, String> onUnopened;
  private final String kid;
  private final Set<String> replacedKids = new HashSet<>();
  private long total;
  private long resealed;
  private long unopened;
  private long lastLogged = System.nanoTime();

  /**
   * Reads the keys, and connects to nothing yet.
   *
   * @param database of {@link Database#openForBatches}
   * @param dryRun whether to open everything and write nothing
   * @param maxWait how long to wait for a database that is away, and for rows that stay locked
   * @param onUnopened told the user id and the kid of each row that does not open, at each pass
   * @throws io.carol.llm.crypto.CryptoException when there is no sealing key
   */
  public Rewrap(
      Database database,
      KeyRingProvider keys,
      boolean dryRun,
      Duration maxWait,
      BiConsumer<String, String> onUnopened) {
    this.database = database;
    this.keys = keys;
    this.registry = new KeyRegistry(database, keys);
    this.dryRun = dryRun;
    this.maxWait = maxWait;
    this.onUnopened = onUnopened;
    this.kid = keys.sealingRing().sealingKid().orElseThrow();
  }

  /**
   * Goes through the table until nothing is left but rows that do not open; in a dry run once.
   *
   * @return how far it came
   * @throws DatabaseUnavailableException when the database is away for longer than {@code maxWait},
   *     and at once when only the operator can help; what has been sealed anew stays so
   * @throws RewrapFailedException when the sealing key is not registered or is retired, so that not
   *     every replica could open what it seals; when it is exchanged for another one meanwhile; or
   *     when rows stay locked for longer than {@code maxWait}
   */
  public Progress run() throws InterruptedException {
    total = retrying(this::left);
    long lastResealed = System.nanoTime();
    while (true) {
      long resealedBefore = resealed;
      pass();
      long locked = dryRun ? 0 : retrying(this::left) - unopened;
      if (locked <= 0) {
        break;
      }
      if (resealed > resealedBefore) {
        lastResealed = System.nanoTime();
      } else if (isOver(lastResealed)) {
        throw new RewrapFailedException(
            "Other transactions keep rows locked (%d). End them (see pg_locks), then run rewrap again"
                .formatted(locked));
      }
      Thread.sleep(PAUSE);
    }
    if (!dryRun) {
      retireEmptyKeys();
    }
    return new Progress(total, resealed, unopened);
  }

  private long left() {
    return registry.sealedKeysByKid().entrySet().stream()
        .filter(count -> !count.getKey().equals(kid))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private void pass() throws InterruptedException {
    unopened = 0;
    Batch batch = new Batch(List.of(), 0);
    do {
      String after = batch.rows.isEmpty() ? null : Rows.text(batch.rows.getLast().row, "user_id");
      batch = retrying(() -> batch(after));
      for (Read read : batch.rows) {
        String readKid = Rows.text(read.row, "kid");
        if (read.resealed.isPresent()) {
          replacedKids.add(readKid);
        } else {
          onUnopened.accept(Rows.text(read.row, "user_id"), readKid);
          unopened++;
        }
      }
      resealed += batch.written;
      logProgress();
    } while (batch.rows.size() == BATCH_SIZE);
  }

  private void logProgress() {
    if (System.nanoTime() - lastLogged > LOG_INTERVAL.toNanos()) {
      LOGGER.info("API keys sealed anew: {} of {}", resealed, total);
      lastLogged = System.nanoTime();
    }
  }

  /** Tries until the database answers. What an attempt left undone comes with the next pass. */
  private <T> T retrying(Supplier<T> attempt) throws InterruptedException {
    long started = System.nanoTime();
    while (true) {
      try {
        return attempt.get();
      } catch (DatabaseUnavailableException e) {
        if (!e.isTransient() || isOver(started)) {
          throw e;
        }
        Thread.sleep(PAUSE);
      }
    }
  }

  private boolean isOver(long since) {
    return System.nanoTime() - since > maxWait.toNanos();
  }

  private Batch batch(@Nullable String after) {
    KeyRing ring = keys.sealingRing();
    if (!ring.sealingKid().equals(Optional.of(kid))) {
      throw new RewrapFailedException(
          "Encryption key " + kid + " is not the sealing key any more. Start again");
    }
    return database.transact(db -> {
      requireSealingKeyInUse(db);
      List<Read> rows =
          take(db, after).parallelStream().map(row -> new Read(row, reseal(row, ring))).toList();
      List<Resealed> opened = rows.stream().flatMap(read -> read.resealed.stream()).toList();
      return new Batch(rows, dryRun || opened.isEmpty() ? opened.size() : put(db, opened));
    });
  }

  private void requireSealingKeyInUse(DbExecute db) {
    Optional<DbRow> key = SqlStatements.first(db, "rewrap-begin", Map.of("kid", kid));
    if (key.isEmpty() || Rows.flag(key.get(), "retired")) {
      throw new RewrapFailedException(
          "Encryption key %s may not seal here: no replica has registered it, or it is retired."
                  .formatted(kid)
              + " Give it to every replica first, or see what `doctor` reports");
    }
  }

  private List<DbRow> take(DbExecute db, @Nullable String after) {
    Map<String, @Nullable Object> values =
        new HashMap<>(Map.of("kid", kid, "batch_size", BATCH_SIZE));
    values.put("after", after);
    return SqlStatements.query(db, "rewrap-take", values, Stream::toList);
  }

  private static Optional<Resealed> reseal(DbRow row, KeyRing ring) {
    return open(row, ring)
        .map(plaintext -> {
          String after = ring.seal(plaintext, context(row));
          // What cannot be read back must not replace what can.
          if (!MessageDigest.isEqual(plaintext, ring.open(after, context(row)))) {
            throw new IllegalStateException("What was just sealed opens to something else");
          }
          return new Resealed(Rows.text(row, "place"), Rows.text(row, "api_key_ciphertext"), after);
        });
  }

  /** The API key in a row; empty when it does not open. */
  static Optional<byte[]> open(DbRow row, KeyRing ring) {
    try {
      return Optional.of(ring.open(Rows.text(row, "api_key_ciphertext"), context(row)));
    } catch (CryptoException e) {
      return Optional.empty();
    }
  }

  private static String[] context(DbRow row) {
    return new String[] {
      Rows.text(row, "user_id"), Rows.text(row, "provider"), Rows.text(row, "origin")
    };
  }

  /** Answers how many rows were written. The others have changed since they were read. */
  static long put(DbExecute db, List<Resealed> rows) {
    return SqlStatements.write(
        db,
        "rewrap-put",
        Map.of(
            "places", column(rows, Resealed::place),
            "old_ciphertexts", column(rows, Resealed::before),
            "new_ciphertexts", column(rows, Resealed::after)));
  }

  /** An array, which the driver knows and Helidon hands on as it is. */
  private static Object column(List<Resealed> rows, Function<Resealed, String> value) {
    return rows.stream().map(value).toArray(String[]::new);
  }

  /**
   * Retires what nothing is sealed with. Not the key of the next rotation, which is configured
   * already and was registered after the sealing key, unless this run has replaced it.
   */
  private void retireEmptyKeys() throws InterruptedException {
    Set<String> configured = keys.configured().ring().kids();
    boolean afterSealingKey = false;
    for (RegisteredKey key : retrying(registry::registered)) {
      String old = key.kid();
      boolean isNext = afterSealingKey && configured.contains(old) && !replacedKids.contains(old);
      if (old.equals(kid)) {
        afterSealingKey = true;
      } else if (!key.retired() && !isNext) {
        retrying(() -> retire(old));
      }
    }
  }

  private long retire(String old) {
    long retired =
        database.transact(db -> {
          SqlStatements.first(db, "lock-encryption-key", Map.of("kid", old));
          return SqlStatements.write(db, "retire-encryption-key", Map.of("kid", old));
        });
    if (retired > 0) {
      LOGGER.info("Encryption key {} is retired: nothing is sealed with it any more", old);
    }
    return retired;
  }
}
