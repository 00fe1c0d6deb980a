package io.carol.llm.config;

import static java.util.stream.Collectors.joining;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Every setting there is: its default, empty for none, and what it is for. {@code PORT} has the
 * environment variable {@code CAROL_PORT} and the key {@code carol.port} of the configuration.
 */
public enum Setting {
  PORT("8080", "port of the API and the page"),
  OBSERVE_PORT("8081", "port of probes and metrics"),
  DATABASE_URL("", "required: JDBC address such as jdbc:postgresql://localhost/carol"),
  DATABASE_USER("", "role to connect as"),
  DATABASE_PASSWORD("", "its password"),
  DATABASE_PASSWORD_FILE("", "file that holds the password, instead"),
  DATABASE_POOL_SIZE("10", "connections of a replica to the database, at most"),
  ENCRYPTION_KEY("", "seals and opens API keys: 32 bytes as base64 or 64 hex digits"),
  ENCRYPTION_KEY_FILE("", "file that holds the encryption key, instead"),
  ENCRYPTION_KEYS_PREVIOUS("", "keys that only open API keys, separated by commas"),
  ENCRYPTION_KEYS_DIRECTORY("", "directory of files, each with a key that only opens"),
  AUTH_ISSUER("", "required: what the iss of every token is, to the letter"),
  AUTH_AUDIENCE("", "required: what the aud of every token contains"),
  AUTH_JWKS("", "file or address of the key set; found through the issuer when not set"),
  AUTH_CA_FILE("", "PEM file of a private authority for the identity provider's TLS"),
  AUTH_COOKIE("carol_session", "name of the session cookie that holds a token"),
  SIGN_IN_URL("", "where the page sends a user who is not signed in"),
  CORS_ORIGINS("", "origins whose pages may call the API with a bearer token"),
  USERS_PROVISION("true", "whether the first save makes a row in users for an unknown user"),
  ALLOW_PRIVATE_HOSTS("true", "whether base URLs may lead to this machine and private networks"),
  PRIVATE_HOSTS("", "more hosts that count as private: .corp.example, llm.example.com, networks"),
  ALLOWED_HOSTS(
      "", "when set, only these hosts are allowed; the one of Anthropic is api.anthropic.com"),
  CHECK_ENABLED("true", "whether users may try their settings at the LLM service"),
  READINESS_REQUIRES_KEY("false", "whether a replica without the database's key is not ready"),
  LIMITS_CONNECTIONS("1024", "connections to the API at once"),
  LIMITS_WRITES_PER_MINUTE(
      "600", "PUT and DELETE requests of one user on one replica; 0 for no limit"),
  SHUTDOWN_DRAIN_SECONDS("5", "how long a stopping replica goes on serving, no longer ready"),
  LOG_FORMAT("text", "text, or json for one object a line"),
  LOG_LEVEL("info", "error, warn, info, debug or trace");

  /** Whitespace, no-break spaces and what shows nothing, such as a byte order mark. */
  private static final Pattern AROUND_A_VALUE =
      Pattern.compile("^[\\s\\p{Z}\\p{Cf}]+|[\\s\\p{Z}\\p{Cf}]+$");

  final String defaultValue;
  final String meaning;

  Setting(String defaultValue, String meaning) {
    this.defaultValue = defaultValue;
    this.meaning = meaning;
  }

  public String variable() {
    return "CAROL_" + name();
  }

  public String key() {
    return "carol." + name().toLowerCase(Locale.ROOT).replace('_', '.');
  }

  /** One line for each setting: variable, meaning, default. */
  public static String help() {
    return Stream.of(values())
        .map(setting ->
            "  %-31s %s%s"
                .formatted(
                    setting.variable(),
                    setting.meaning,
                    setting.defaultValue.isEmpty() ? "" : " (" + setting.defaultValue + ")"))
        .collect(joining("\n"));
  }

  static String strip(String value) {
    return AROUND_A_VALUE.matcher(value).replaceAll("");
  }

  /** What the environment sets, by key, without whitespace around values. */
  static Map<String, String> of(Map<String, String> environment) {
    Map<String, String> values = new HashMap<>();
    for (Setting setting : values()) {
      String value = strip(environment.getOrDefault(setting.variable(), ""));
      if (!value.isEmpty()) {
        values.put(setting.key(), value);
      }
    }
    return values;
  }
}
