package io.carol.llm.cli;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.keys.Rewrap;
import io.carol.llm.keys.Rewrap.Progress;
import io.carol.llm.observability.Logging;
import io.helidon.config.Config;
import java.io.Console;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code rewrap}: seals every stored key anew with the sealing key, and shows how far it is. */
public final class RewrapCommand {
  private static final System.Logger LOGGER = System.getLogger(RewrapCommand.class.getName());
  private static final int OK = 0;
  private static final int SOME_DO_NOT_OPEN = 2;
  private static final String DRY_RUN = "--dry-run";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration BETWEEN_LOG_LINES = Duration.ofSeconds(10);
  private static final Duration BETWEEN_SCREEN_LINES = Duration.ofMillis(250);
  private static final String CLEAR_LINE = "\u001b[K";

  private final Rewrap rewrap;
  private final boolean dry;
  private final boolean terminal;
  private final long started = System.nanoTime();
  private volatile boolean ended;

  private RewrapCommand(Rewrap rewrap, boolean dry) {
    this.rewrap = rewrap;
    this.dry = dry;
    // There is none when input or output is not a terminal.
    this.terminal = Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  /** Whether these are options of this command: none, or {@code --dry-run}. */
  public static boolean understands(List<String> options) {
    return options.isEmpty() || options.equals(List.of(DRY_RUN));
  }

  /**
   * Runs it.
   *
   * @return the exit code: 0, or 2 when some keys do not open
   * @throws RuntimeException as {@link Rewrap}
   */
  public static int run(Config config, List<String> options) throws InterruptedException {
    KeyRingProvider keys = new KeyRingProvider(config.get("encryption"));
    boolean dry = options.contains(DRY_RUN);
    try (Database database = Database.openForBatches(Configuration.database(config.root()), Rewrap.WORKERS)) {
      return new RewrapCommand(new Rewrap(database, keys, dry, PATIENCE), dry).run();
    }
  }

  private int run() throws InterruptedException {
    System.out.printf(
        "The sealing key is %s. Stored keys by encryption key: %s%n",
        rewrap.kid(), rewrap.sealedKeysByKid());
    Runtime.getRuntime().addShutdownHook(new Thread(this::sayWhenEndedEarly));
    Thread clock = Thread.ofVirtual().start(this::keepShowing);
    Progress end = rewrap.run();
    clock.interrupt();
    clock.join();
    ended = true;
    System.out.println((terminal ? CLEAR_LINE : "") + summary(end));
    return end.unopened() == 0 ? OK : SOME_DO_NOT_OPEN;
  }

  private void keepShowing() {
    try {
      while (true) {
        Thread.sleep(terminal ? BETWEEN_SCREEN_LINES : BETWEEN_LOG_LINES);
        show();
      }
    } catch (InterruptedException e) {
      // It is done.
      Thread.currentThread().interrupt();
    }
  }

  private void show() {
    Progress progress = rewrap.progress();
    long rows = progress.resealed() + progress.unopened();
    double seconds = (System.nanoTime() - started) / 1e9;
    double rate = rows / seconds;
    String line =
        String.format(
            Locale.ROOT,
            "%d of %d (%.0f %%), %.0f a second, %s left",
            rows,
            progress.total(),
            100.0 * rows / Math.max(1, progress.total()),
            rate,
            rows == 0 ? "unknown time" : duration((progress.total() - rows) / rate));
    if (terminal) {
      // Whatever comes next, be it a line of the log, is written over it.
      System.out.print(CLEAR_LINE + line + "\r");
      System.out.flush();
    } else {
      LOGGER.log(Level.INFO, "{0}", line);
    }
  }

  private String summary(Progress end) {
    return String.format(
        Locale.ROOT,
        "%s: %d. Changed, removed or sealed anew by others meanwhile: %d. Not opened and left: %d."
            + " Took %s.",
        dry ? "Would be sealed anew" : "Sealed anew",
        end.resealed(),
        end.doneByOthers(),
        end.unopened(),
        duration((System.nanoTime() - started) / 1e9));
  }

  private static String duration(double seconds) {
    return Duration.ofSeconds(Math.max(0, Math.round(seconds)))
        .toString()
        .substring("PT".length())
        .toLowerCase(Locale.ROOT);
  }

  private void sayWhenEndedEarly() {
    if (!ended && rewrap.progress().resealed() > 0) {
      LOGGER.log(
          Level.WARNING,
          "Ended early. Sealed anew so far, to stay: {0}. Start again for the rest",
          rewrap.progress().resealed());
      Logging.flush();
    }
  }
}
