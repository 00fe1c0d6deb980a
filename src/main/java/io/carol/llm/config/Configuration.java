package io.carol.llm.config;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Everything the program can be told, checked. The encryption keys are not here: they are read anew
 * at every use. What reads a configuration throws a {@link ConfigurationException} that names
 * everything that is missing or not allowed. {@link Setting} says what each setting means.
 */
public record Configuration(
    HttpConfig http,
    DatabaseConfig database,
    AuthConfig auth,
    AddressConfig addresses,
    boolean provisionUsers,
    boolean readinessRequiresKey) {
  private static final Pattern ORIGIN =
      Pattern.compile("[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\\[[0-9a-f:.]+])(:[0-9]{1,5})?");
  private static final Pattern OWN_PORT = Pattern.compile("^(https://.*):443$|^(http://.*):80$");
  private static final Pattern LINK = Pattern.compile("^(https?:/)?/", Pattern.CASE_INSENSITIVE);
  // RFC 6265 §4.1.1: a token (RFC 9110 §5.6.2).
  private static final Pattern COOKIE_NAME = Pattern.compile("[\\w!#$%&'*+.^`|~-]+");
  private static final int MAX_CONNECTIONS = 1_000_000;
  private static final int MAX_PER_MINUTE = 1_000_000;
  // Kubernetes and systemd end a process that takes longer to stop.
  private static final int MAX_DRAIN_SECONDS = 300;

  /**
   * What configures the program: the environment first, then {@code defaults}, by key such as
   * {@code carol.database.url}.
   */
  public static Config load(Map<String, String> defaults) {
    return Config.builder()
        .sources(ConfigSources.create(Setting.of(System.getenv())), ConfigSources.create(defaults))
        .disableEnvironmentVariablesSource()
        .disableSystemPropertiesSource()
        // A password may contain ${...}.
        .disableValueResolving()
        .build();
  }

  /** Reads all that the service needs. The methods below read what the agent and a command need. */
  public static Configuration of(Config root) {
    return read(
        root,
        reader ->
            new Configuration(
                readHttp(reader),
                readDatabase(reader),
                readAuth(reader),
                readAddresses(reader),
                reader.flag(Setting.USERS_PROVISION),
                reader.flag(Setting.READINESS_REQUIRES_KEY)));
  }

  public static DatabaseConfig database(Config root) {
    return read(root, Configuration::readDatabase);
  }

  public static AddressConfig addresses(Config root) {
    return read(root, Configuration::readAddresses);
  }

  public static boolean provisionUsers(Config root) {
    return read(root, reader -> reader.flag(Setting.USERS_PROVISION));
  }

  public static int observePort(Config root) {
    return read(root, Configuration::readObservePort);
  }

  public static LogConfig log(Config root) {
    return read(root, Configuration::readLog);
  }

  private static <T> T read(Config root, Function<SettingsReader, T> part) {
    SettingsReader reader = new SettingsReader(root);
    T read = part.apply(reader);
    reader.requireNoMistake();
    return read;
  }

  private static HttpConfig readHttp(SettingsReader reader) {
    int port = reader.number(Setting.PORT, 0, 65_535);
    int observePort = readObservePort(reader);
    if (port == observePort && port != 0) {
      reader.mistake(Setting.OBSERVE_PORT, "must not be the same as CAROL_PORT");
    }
    return new HttpConfig(
        port,
        observePort,
        reader.number(Setting.LIMITS_CONNECTIONS, 1, MAX_CONNECTIONS),
        reader.number(Setting.LIMITS_WRITES_PER_MINUTE, 0, MAX_PER_MINUTE),
        reader.flag(Setting.CHECK_ENABLED),
        Duration.ofSeconds(reader.number(Setting.SHUTDOWN_DRAIN_SECONDS, 0, MAX_DRAIN_SECONDS)),
        readOrigins(reader),
        readSignInUrl(reader));
  }

  private static Optional<String> readSignInUrl(SettingsReader reader) {
    Optional<String> url = reader.text(Setting.SIGN_IN_URL);
    if (url.isPresent() && !LINK.matcher(url.get()).find()) {
      reader.mistake(Setting.SIGN_IN_URL, "must begin with https://, http:// or a slash");
    }
    return url;
  }

  /** As browsers send them: in lower case, without a path, without the scheme's own port. */
  private static List<String> readOrigins(SettingsReader reader) {
    List<String> origins =
        reader.list(Setting.CORS_ORIGINS).stream()
            .map(origin -> origin.toLowerCase(Locale.ROOT).replaceFirst("/$", ""))
            .toList();
    for (int i = 0; i < origins.size(); i++) {
      if (!ORIGIN.matcher(origins.get(i)).matches()) {
        reader.mistake(
            Setting.CORS_ORIGINS,
            "entry %d is not an origin such as https://app.example".formatted(i + 1));
      }
    }
    return origins.stream().map(origin -> OWN_PORT.matcher(origin).replaceFirst("$1$2")).toList();
  }

  private static int readObservePort(SettingsReader reader) {
    return reader.number(Setting.OBSERVE_PORT, 0, 65_535);
  }

  private static DatabaseConfig readDatabase(SettingsReader reader) {
    return new DatabaseConfig(
        reader.required(Setting.DATABASE_URL),
        reader.text(Setting.DATABASE_USER).orElse(""),
        readPassword(reader),
        reader.number(Setting.DATABASE_POOL_SIZE, 1, 1_000));
  }

  private static String readPassword(SettingsReader reader) {
    String password = reader.text(Setting.DATABASE_PASSWORD).orElse("");
    String file = reader.text(Setting.DATABASE_PASSWORD_FILE).orElse("");
    if (file.isEmpty()) {
      return password;
    }
    if (!password.isEmpty()) {
      reader.mistake(
          Setting.DATABASE_PASSWORD_FILE,
          "and CAROL_DATABASE_PASSWORD are both set: unset one of them");
    }
    try {
      return Setting.strip(Files.readString(Path.of(file)));
    } catch (IOException | InvalidPathException e) {
      reader.mistake(
          Setting.DATABASE_PASSWORD_FILE,
          "names a file that cannot be read ("
              + e.getClass().getSimpleName()
              + "): check that it exists and that the user of the service may read it");
      return "";
    }
  }

  private static AuthConfig readAuth(SettingsReader reader) {
    String cookie = reader.text(Setting.AUTH_COOKIE).orElseThrow();
    if (!COOKIE_NAME.matcher(cookie).matches()) {
      reader.mistake(
          Setting.AUTH_COOKIE, "is not the name of a cookie: leave out spaces, =, ; and quotes");
    }
    return new AuthConfig(
        reader.required(Setting.AUTH_ISSUER),
        reader.required(Setting.AUTH_AUDIENCE),
        reader.text(Setting.AUTH_JWKS),
        reader.text(Setting.AUTH_CA_FILE),
        cookie);
  }

  private static AddressConfig readAddresses(SettingsReader reader) {
    return new AddressConfig(
        reader.flag(Setting.ALLOW_PRIVATE_HOSTS),
        reader.list(Setting.PRIVATE_HOSTS),
        reader.list(Setting.ALLOWED_HOSTS));
  }

  private static LogConfig readLog(SettingsReader reader) {
    return new LogConfig(
        reader.oneOf(Setting.LOG_FORMAT, "text", "json").equals("json"),
        reader
            .oneOf(Setting.LOG_LEVEL, "error", "warn", "info", "debug", "trace")
            .toUpperCase(Locale.ROOT));
  }
}
