package io.carol.llm.cli;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyRegistry;
import io.carol.llm.keys.KeyReport;
import io.carol.llm.keys.KeyReport.UserToAsk;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.keys.KeyState;
import io.carol.llm.observability.TextLayout;
import io.helidon.config.Config;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import java.io.PrintStream;
import java.util.List;

/** {@code doctor}: says how the encryption keys and the database fit together. */
public final class DoctorCommand {
  /** Something does not open, API keys cannot be saved, or a configured key cannot be used. */
  private static final int UNHEALTHY = 2;

  /** All is well, and something is still sealed with another key than the sealing key. */
  private static final int REWRAP_DUE = 3;

  private static final String ROW = "%-8s  %-5s  %-10s  %8s  %-5s  %-14s  %s%n";

  private DoctorCommand() {}

  /**
   * Prints the report.
   *
   * @param options as the command {@code help} lists them
   * @return the exit code
   * @throws io.carol.llm.database.DatabaseUnavailableException when the database is away
   * @throws io.carol.llm.crypto.CryptoException when there is no sealing key to accept
   */
  public static int run(Config config, List<String> options, PrintStream out) {
    KeyRingProvider keys = new KeyRingProvider(config);
    try (Database database = Database.openForBatches(Configuration.database(config))) {
      if (options.contains("--accept-key")) {
        new KeyRegistry(database, keys).accept();
      }
      KeyReport report = KeyReport.of(database, keys);
      boolean withUsers = options.contains("--users");
      List<UserToAsk> users = withUsers ? KeyReport.usersToAsk(database, keys) : List.of();
      if (options.contains("--json")) {
        JsonGenerator json = JsonProvider.provider().createGenerator(out);
        printJson(report, json);
        if (withUsers) {
          json.writeStartArray("users");
          users.forEach(user ->
              json.writeStartObject().write("id", user.id()).write("key", user.key()).writeEnd());
          json.writeEnd();
        }
        json.writeEnd().flush();
        out.println();
      } else {
        print(report, out);
        if (withUsers) {
          out.println();
        }
        users.forEach(user -> out.printf("%-10s  %s%n", user.key(), TextLayout.escaped(user.id())));
      }
      if (!report.isHealthy()) {
        return UNHEALTHY;
      }
      return report.rewrapIsDue() ? REWRAP_DUE : 0;
    }
  }

  private static void print(KeyReport report, PrintStream out) {
    out.printf("Encryption key: %s%n", report.status().state().code());
    report.status().remarks().forEach(remark -> out.printf("  %s%n", remark));
    out.println();
    out.printf(
        ROW, "kid", "seals", "database", "API keys", "opens", "may be removed", "configured");
    for (KeyReport.Key key : report.keys()) {
      out.printf(
          ROW,
          key.kid(),
          key.seals() ? "yes" : "no",
          key.retired() ? "retired" : key.registered() ? "registered" : "unknown",
          key.rows(),
          key.opens() ? "yes" : key.isMissed() ? "NO" : "no",
          key.safeToRemove() ? "yes" : "no",
          key.places().isEmpty() ? "no" : String.join(", ", key.places()));
    }
    out.printf(
        "%nAPI keys to be entered again: %d cannot be opened, %d were refused by their provider.%n",
        report.unreadable(), report.refused());
    out.printf("%n%s%n", advice(report));
  }

  private static String advice(KeyReport report) {
    if (report.keys().stream().anyMatch(KeyReport.Key::isMissed)) {
      return "Configure the encryption keys that are marked NO and not configured. A key that is"
          + " configured and marked NO does not open what it should have sealed: another program"
          + " has changed a row. Without them, the API keys that are sealed with them cannot be"
          + " used. A key that is lost stays in this report until no API key is sealed with it and"
          + " rewrap has run: see \"A key is lost\" in sql/README.md.";
    }
    if (report.status().state() != KeyState.OK) {
      return "API keys cannot be saved. See above for what to do.";
    }
    if (!report.isHealthy()) {
      return "A configured encryption key cannot be used. See above for which one, and why.";
    }
    return report.rewrapIsDue()
        ? "Some API keys are sealed with another key than the sealing key. When every replica"
            + " seals with the new one, run rewrap."
        : "All is well.";
  }

  private static void printJson(KeyReport report, JsonGenerator json) {
    json.writeStartObject()
        .write("state", report.status().state().code())
        .write("healthy", report.isHealthy())
        .write("rewrapIsDue", report.rewrapIsDue())
        .write("unreadable", report.unreadable())
        .write("refused", report.refused());
    array(json, "remarks", report.status().remarks()).writeStartArray("keys");
    for (KeyReport.Key key : report.keys()) {
      json.writeStartObject().write("kid", key.kid()).write("configured", !key.places().isEmpty());
      array(json, "places", key.places())
          .write("seals", key.seals())
          .write("registered", key.registered())
          .write("retired", key.retired())
          .write("opens", key.opens())
          .write("rows", key.rows())
          .write("safeToRemove", key.safeToRemove())
          .writeEnd();
    }
    json.writeEnd();
  }

  private static JsonGenerator array(JsonGenerator json, String name, List<String> texts) {
    json.writeStartArray(name);
    texts.forEach(json::write);
    return json.writeEnd();
  }
}
