package io.carol.llm.config;

import io.helidon.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/**
 * Everything the program can be told, checked. The encryption keys are not here: they are read anew
 * at every use.
 *
 * @param provisionUsers whether a user not known yet is made on the first save
 * @param readinessRequiresKey whether a replica without this database's encryption key is not ready
 */
public record Configuration(
    HttpConfig http,
    DatabaseConfig database,
    AuthConfig auth,
    AddressConfig addresses,
    boolean provisionUsers,
    boolean readinessRequiresKey) {
  private static final Set<String> LOG_LEVELS = Set.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");
  private static final int MAX_CONNECTIONS = 1_000_000;
  private static final int MAX_PER_MINUTE = 1_000_000;
  // Kubernetes and systemd end a process that takes longer to stop.
  private static final int MAX_DRAIN_SECONDS = 300;

  /**
   * Reads all that the service needs.
   *
   * @throws ConfigurationException naming everything that is missing or not allowed
   */
  public static Configuration of(Config root) {
    SettingsReader reader = new SettingsReader(root);
    Configuration configuration =
        new Configuration(
            http(reader),
            database(reader),
            auth(reader),
            addresses(reader),
            provisionUsers(reader),
            reader.flag("readiness.requires.key", false));
    reader.requireNoMistake();
    return configuration;
  }

  /**
   * Reads what reaches the database alone.
   *
   * @throws ConfigurationException naming everything that is missing or not allowed
   */
  public static DatabaseConfig database(Config root) {
    SettingsReader reader = new SettingsReader(root);
    DatabaseConfig database = database(reader);
    reader.requireNoMistake();
    return database;
  }

  /**
   * Reads where API keys may be sent.
   *
   * @throws ConfigurationException naming everything that is not allowed
   */
  public static AddressConfig addresses(Config root) {
    SettingsReader reader = new SettingsReader(root);
    AddressConfig addresses = addresses(reader);
    reader.requireNoMistake();
    return addresses;
  }

  /**
   * Reads whether a user not known yet is made on the first save.
   *
   * @throws ConfigurationException when the value is not allowed
   */
  public static boolean provisionUsers(Config root) {
    SettingsReader reader = new SettingsReader(root);
    boolean provisionUsers = provisionUsers(reader);
    reader.requireNoMistake();
    return provisionUsers;
  }

  /**
   * Reads what the log looks like.
   *
   * @throws ConfigurationException naming everything that is not allowed
   */
  public static LogConfig log(Config root) {
    SettingsReader reader = new SettingsReader(root);
    String format = reader.text("log.format").orElse("text");
    if (!format.equals("text") && !format.equals("json")) {
      reader.mistake("log.format", "must be text or json");
    }
    String level = reader.text("log.level").orElse("INFO").toUpperCase(Locale.ROOT);
    if (!LOG_LEVELS.contains(level)) {
      reader.mistake("log.level", "must be error, warn, info, debug or trace");
    }
    reader.requireNoMistake();
    return new LogConfig(format.equals("json"), level);
  }

  private static HttpConfig http(SettingsReader reader) {
    int port = reader.number("port", 8080, 0, 65_535);
    int observePort = reader.number("observe.port", 8081, 0, 65_535);
    if (port == observePort && port != 0) {
      reader.mistake("observe.port", "must not be the same as CAROL_PORT");
    }
    return new HttpConfig(
        port,
        observePort,
        reader.number("limits.connections", 1_024, 1, MAX_CONNECTIONS),
        reader.number("limits.writes.per.minute", 600, 0, MAX_PER_MINUTE),
        Duration.ofSeconds(reader.number("shutdown.drain.seconds", 5, 0, MAX_DRAIN_SECONDS)),
        reader.list("cors.origins"),
        reader.text("sign.in.url"));
  }

  private static DatabaseConfig database(SettingsReader reader) {
    return new DatabaseConfig(
        reader.required("database.url", "a JDBC address such as jdbc:postgresql://localhost/carol"),
        reader.text("database.user").orElse(""),
        password(reader),
        reader.number("database.pool.size", 10, 1, 1_000));
  }

  private static String password(SettingsReader reader) {
    String password = reader.text("database.password").orElse("");
    String file = reader.text("database.password.file").orElse("");
    if (file.isEmpty()) {
      return password;
    }
    if (!password.isEmpty()) {
      reader.mistake(
          "database.password.file", "and CAROL_DATABASE_PASSWORD are both set: unset one of them");
    }
    try {
      return Files.readString(Path.of(file)).strip();
    } catch (IOException | InvalidPathException e) {
      reader.mistake(
          "database.password.file",
          "names a file that cannot be read (" + e.getClass().getSimpleName() + ")");
      return "";
    }
  }

  private static AuthConfig auth(SettingsReader reader) {
    return new AuthConfig(
        reader.required("auth.issuer", "what the iss of every token is"),
        reader.required("auth.audience", "what the aud of every token contains"),
        reader.text("auth.jwks"),
        reader.text("auth.ca.file"),
        reader.text("auth.cookie").orElse("carol_session"));
  }

  private static AddressConfig addresses(SettingsReader reader) {
    return new AddressConfig(
        reader.flag("allow.private.hosts", true),
        reader.list("private.hosts"),
        reader.list("allowed.hosts"));
  }

  private static boolean provisionUsers(SettingsReader reader) {
    return reader.flag("users.provision", true);
  }
}
