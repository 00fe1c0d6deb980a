package io.carol.llm.keys;

import io.carol.llm.crypto.KeyRing;
import io.carol.llm.crypto.SealBrokenException;
import io.carol.llm.crypto.UnknownKeyIdException;
import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.observability.UserHash;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import java.lang.System.Logger.Level;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Seals every stored key anew that is not under the sealing key, beside the service at work. Good
 * for one run.
 *
 * <p>It passes over the table in batches, each a transaction of its own, so that it can be ended at
 * any moment and started again. A row is written only where the ciphertext that was read still
 * stands: whoever saves or removes settings meanwhile wins. Several processes share the work: each
 * takes what no other has locked. What a user sees of a row, its version included, stays as it is.
 */
public final class Rewrap {
  /** Connections it uses at most. */
  public static final int WORKERS = 2;

  private static final System.Logger LOGGER = System.getLogger(Rewrap.class.getName());
  private static final int BATCH_SIZE = 500;
  private static final Duration PAUSE = Duration.ofMillis(500);

  /** With the wrong key nothing opens: who is named by then is enough to see that. */
  private static final int MAX_NAMED = 1_000;

  /**
   * How far it is, in rows.
   *
   * @param total what there was to do at the beginning
   * @param resealed under the sealing key now; in a dry run, what would be
   * @param unopened left as they are because they do not open
   */
  public record Progress(long total, long resealed, long unopened) {
    /** Rows that somebody else sealed anew, changed or removed meanwhile; right at the end only. */
    public long doneByOthers() {
      return Math.max(0, total - resealed - unopened);
    }
  }

  /** A key under the ciphertext that was read, and under the sealing key. */
  record Resealed(String userId, String before, String after) {}

  private record Batch(long resealed, long unopened) {}

  private final Database database;
  private final KeyRingProvider keys;
  private final boolean dry;
  private final Duration patience;
  private final String kid;

  private final AtomicLong total = new AtomicLong();
  private final AtomicLong resealed = new AtomicLong();
  private final AtomicLong unopened = new AtomicLong();
  private final Set<String> named = Collections.synchronizedSet(new HashSet<>());
  private volatile long lastAnswer;

  /** The last row of this pass that a worker took. */
  private String position = "";

  private volatile boolean passed;

  /**
   * Reads the keys, and connects to nothing yet.
   *
   * @param database of {@link Database#openForBatches}
   * @param dry whether to open everything and write nothing
   * @param patience how long to wait for a database that is away, and for rows that others keep
   *     locked
   * @throws io.carol.llm.crypto.CryptoException when a configured key cannot be used
   * @throws IllegalArgumentException when there is no key to seal with
   */
  public Rewrap(Database database, KeyRingProvider keys, boolean dry, Duration patience) {
    this.database = database;
    this.keys = keys;
    this.dry = dry;
    this.patience = patience;
    this.kid =
        keys.sealingRing()
            .sealingKid()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "There is no encryption key to seal with: set CAROL_ENCRYPTION_KEY or"
                        + " CAROL_ENCRYPTION_KEY_FILE"));
  }

  /** Id of the key that everything is under in the end. */
  public String kid() {
    return kid;
  }

  /** How far {@link #run} is. Thread-safe. */
  public Progress progress() {
    return new Progress(total.get(), resealed.get(), unopened.get());
  }

  /**
   * Passes over the table until nothing is left but rows that do not open. These are named in the
   * log, by hashed user id and kid. A dry run passes once.
   *
   * @return how far it came
   * @throws DatabaseUnavailableException when the database is away at the beginning, or longer than
   *     patience lasts; what has been sealed anew stays so
   * @throws IllegalStateException when no replica has the sealing key, rows stay locked for longer
   *     than patience lasts, or the sealing key is exchanged for another one meanwhile
   */
  public Progress run() throws InterruptedException {
    requireKnown();
    total.set(left());
    lastAnswer = System.nanoTime();
    try (ExecutorService workers = Executors.newFixedThreadPool(WORKERS)) {
      long lastResealed = System.nanoTime();
      while (true) {
        long before = resealed.get();
        pass(workers);
        long left = dry ? 0 : patiently(this::left);
        if (left <= unopened.get()) {
          return progress();
        }
        if (resealed.get() > before) {
          lastResealed = System.nanoTime();
        } else if (isOver(lastResealed)) {
          throw new IllegalStateException(
              "Others keep rows locked: "
                  + (left - unopened.get())
                  + ". End the transactions that do (pg_locks), and start again");
        }
        Thread.sleep(PAUSE);
      }
    }
  }

  /** What is sealed with a key that only this process has, nobody else can open. */
  private void requireKnown() {
    if (new KeyRegistry(database, keys)
        .listed().stream().noneMatch(listed -> listed.kid().equals(kid))) {
      throw new IllegalStateException(
          "No replica seals with the encryption key "
              + kid
              + ". Give it to all of them, wait until each says that it seals with it, and start again");
    }
  }

  private long left() {
    return sealedKeysByKid().entrySet().stream()
        .filter(count -> !count.getKey().equals(kid))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** How many keys are stored under each encryption key, by kid. */
  public Map<String, Long> sealedKeysByKid() {
    return database.run(db -> {
      try (Stream<DbRow> rows = db.execute().createNamedQuery("sealed-keys-by-kid").execute()) {
        Map<String, Long> counts = new TreeMap<>();
        rows.forEach(row ->
            counts.put(
                row.column("kid").get(String.class), row.column("sealed_keys").get(Long.class)));
        return counts;
      }
    });
  }

  private void pass(ExecutorService workers) throws InterruptedException {
    position = "";
    passed = false;
    unopened.set(0);
    Callable<Void> work =
        () -> {
          while (!passed) {
            patiently(this::nextBatch);
          }
          return null;
        };
    for (Future<Void> worker : workers.invokeAll(Collections.nCopies(WORKERS, work))) {
      try {
        worker.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException reason) {
          throw reason;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  /** Tries until the database answers. What an attempt left undone comes with the next pass. */
  private <T> T patiently(Supplier<T> attempt) throws InterruptedException {
    while (true) {
      try {
        T answer = attempt.get();
        lastAnswer = System.nanoTime();
        return answer;
      } catch (DatabaseUnavailableException e) {
        if (isOver(lastAnswer)) {
          throw e;
        }
        Thread.sleep(PAUSE);
      }
    }
  }

  private boolean isOver(long since) {
    return System.nanoTime() - since > patience.toNanos();
  }

  private Batch nextBatch() {
    KeyRing ring = keys.sealingRing();
    if (!ring.sealingKid().equals(Optional.of(kid))) {
      throw new IllegalStateException(
          "The encryption key " + kid + " is not the sealing key any more. Start again");
    }
    Batch batch =
        database.transact(db -> {
          db.createNamedQuery("rewrap-guard").execute().close();
          List<DbRow> rows = take(db);
          List<Resealed> opened = rows.stream().flatMap(row -> reseal(row, ring).stream()).toList();
          long written = opened.size();
          if (!dry && !opened.isEmpty()) {
            written = put(db, opened);
            // Last, because all who seal wait for this row.
            KeyRegistry.countSeals(db, kid, opened.size());
          }
          return new Batch(written, rows.size() - opened.size());
        });
    resealed.addAndGet(batch.resealed);
    unopened.addAndGet(batch.unopened);
    return batch;
  }

  /** One worker after the other, so that no two look at the same rows. */
  private synchronized List<DbRow> take(DbExecute db) {
    if (passed) {
      // The other worker came to the end while this one waited.
      return List.of();
    }
    try (Stream<DbRow> found =
        db.createNamedQuery(dry ? "rewrap-look" : "rewrap-take")
            .addParam("after", position)
            .addParam("kid", kid)
            .addParam("batch_size", BATCH_SIZE)
            .execute()) {
      List<DbRow> rows = found.toList();
      if (rows.size() < BATCH_SIZE) {
        passed = true;
      } else {
        position = text(rows.getLast(), "user_id");
      }
      return rows;
    }
  }

  private Optional<Resealed> reseal(DbRow row, KeyRing ring) {
    String userId = text(row, "user_id");
    String before = text(row, "api_key_ciphertext");
    String[] context = {userId, text(row, "provider"), text(row, "origin")};
    byte[] plaintext;
    try {
      plaintext = ring.open(before, context);
    } catch (UnknownKeyIdException | SealBrokenException e) {
      report(userId, text(row, "kid"));
      return Optional.empty();
    }
    String after = ring.seal(plaintext, context);
    // What cannot be read back must not take the place of what can.
    if (!MessageDigest.isEqual(plaintext, ring.open(after, context))) {
      throw new IllegalStateException("A key that was just sealed opens to something else");
    }
    return Optional.of(new Resealed(userId, before, after));
  }

  /** Answers how many were written; the others somebody else has changed. */
  static long put(DbExecute db, List<Resealed> rows) {
    return db.createNamedUpdate("rewrap-put")
        .addParam("user_ids", column(rows, Resealed::userId))
        .addParam("old_ciphertexts", column(rows, Resealed::before))
        .addParam("new_ciphertexts", column(rows, Resealed::after))
        .execute();
  }

  /** An array, which the driver knows and Helidon hands on as it is. */
  private static Object column(List<Resealed> rows, Function<Resealed, String> value) {
    return rows.stream().map(value).toArray(String[]::new);
  }

  private void report(String userId, String foreignKid) {
    String user = UserHash.of(userId);
    if (named.size() < MAX_NAMED && named.add(user)) {
      LOGGER.log(
          Level.WARNING,
          "The key of user {0}, under encryption key {1}, does not open and stays as it is",
          user,
          foreignKid);
      if (named.size() == MAX_NAMED) {
        LOGGER.log(Level.WARNING, "Further ones are counted and not named");
      }
    }
  }

  private static String text(DbRow row, String column) {
    return row.column(column).get(String.class);
  }
}
