package io.carol.llm.cli;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyReport;
import io.carol.llm.keys.KeyReport.Report;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.keys.KeyState;
import io.helidon.config.Config;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code doctor}: says how the encryption keys and the database fit together. */
public final class DoctorCommand {
  /** Something cannot be opened, or the sealing key is not the right one. */
  private static final int UNHEALTHY = 2;

  /** All is well, and something is still sealed with another key than the sealing key. */
  private static final int REWRAP_DUE = 3;

  private static final String ROW = "%-9s %-8s %12s  %-6s %12s  %-14s %s%n";

  private DoctorCommand() {}

  /** Whether these are options of this command. */
  public static boolean understands(List<String> options) {
    return Set.of("--json", "--accept-key").containsAll(options);
  }

  /**
   * Prints the report.
   *
   * @param config the node {@code carol}
   * @param options {@code --json}, {@code --accept-key}, or neither
   * @return the exit code
   * @throws io.carol.llm.database.DatabaseUnavailableException when the database is away
   */
  public static int run(Config config, List<String> options, PrintStream out)
      throws InterruptedException {
    KeyRingProvider keys = new KeyRingProvider(config.get("encryption"));
    try (Database database = Database.open(Configuration.database(config.root()))) {
      KeyReport doctor = new KeyReport(database, keys);
      if (options.contains("--accept-key")) {
        doctor.accept();
      }
      Report report = doctor.examine();
      if (options.contains("--json")) {
        printJson(report, out);
      } else {
        print(report, out);
      }
      if (!report.isHealthy()) {
        return UNHEALTHY;
      }
      return report.rewrapIsDue() ? REWRAP_DUE : 0;
    }
  }

  private static void print(Report report, PrintStream out) {
    out.println("Encryption key: " + state(report.check().state()));
    report.check().remarks().forEach(remark -> out.println("  " + remark + "."));
    out.println();
    out.printf(
        ROW,
        "kid",
        "here it",
        "API keys",
        "opens",
        "ever sealed",
        "last sealing",
        "may be removed");
    for (KeyReport.Key key : report.keys()) {
      out.printf(
          ROW,
          key.kid(),
          key.seals() ? "seals" : key.configured() ? "opens" : "is not",
          key.rows(),
          key.opens() ? "yes" : key.isMissed() ? "NO" : "no",
          key.everSealed(),
          ago(key.sinceSealing()),
          key.safeToRemove() ? "yes" : "no");
    }
    out.println();
    out.println(advice(report));
  }

  private static String state(KeyState state) {
    return switch (state) {
      case OK -> "the one of this database";
      case MISSING -> "missing";
      case MALFORMED -> "malformed";
      case FOREIGN -> "not this database's";
      case UNKNOWN -> "not known, because the database could not be asked";
    };
  }

  private static String advice(Report report) {
    if (!report.isHealthy()) {
      return "Configure the keys that are missing here (NO): whoever's API key is sealed with one of"
          + " them, or will be by a replica that seals with it now, cannot use it.";
    }
    if (report.rewrapIsDue()) {
      return "Some API keys are sealed with another key than the sealing key. When every replica"
          + " seals with the new one, run rewrap.";
    }
    return "All is well.";
  }

  private static String ago(@Nullable Duration since) {
    if (since == null) {
      return "-";
    }
    if (since.toMinutes() < 1) {
      return "now";
    }
    return since.toHours() < 2
        ? since.toMinutes() + " min ago"
        : since.toDays() < 3 ? since.toHours() + " h ago" : since.toDays() + " days ago";
  }

  private static void printJson(Report report, PrintStream out) {
    JsonGenerator json = JsonProvider.provider().createGenerator(out);
    json.writeStartObject()
        .write("state", report.check().state().name().toLowerCase(Locale.ROOT))
        .write("healthy", report.isHealthy())
        .write("rewrapIsDue", report.rewrapIsDue())
        .writeStartArray("remarks");
    report.check().remarks().forEach(json::write);
    json.writeEnd().writeStartArray("keys");
    for (KeyReport.Key key : report.keys()) {
      json.writeStartObject()
          .write("kid", key.kid())
          .write("configured", key.configured())
          .write("seals", key.seals())
          .write("opens", key.opens())
          .write("rows", key.rows())
          .write("everSealed", key.everSealed());
      Duration since = key.sinceSealing();
      if (since == null) {
        json.writeNull("secondsSinceSealing");
      } else {
        json.write("secondsSinceSealing", since.toSeconds());
      }
      json.write("safeToRemove", key.safeToRemove()).writeEnd();
    }
    json.writeEnd().writeEnd();
    json.flush();
    out.println();
  }
}
