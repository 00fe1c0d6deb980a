package io.carol.llm;

import io.carol.llm.database.Schema;
import io.helidon.config.Config;
import io.helidon.config.ConfigException;
import io.helidon.config.ConfigSources;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Map;
import java.util.logging.LogManager;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.flywaydb.core.api.FlywayException;

/** The command line: {@code serve} (the default) and {@code migrate}. */
public final class Main {
  private static final System.Logger LOGGER = System.getLogger(Main.class.getName());
  private static final int FAILED = 1;
  private static final int WRONG_USE = 64;
  private static final int WRONG_CONFIGURATION = 78;
  private static final Pattern CONFIG_KEY = Pattern.compile("'?carol(\\.[a-z]+)+'?");

  private Main() {}

  /**
   * Runs a command. Exit codes: 1 when it failed, 64 when there is no such command, 78 when the
   * configuration is wrong (as in sysexits.h).
   */
  public static void main(String[] args) {
    String command = args.length == 0 ? "serve" : args[0];
    try {
      configureLogging();
      Config config = configuration(Map.of());
      switch (command) {
        case "serve" -> {
          Service service = Service.start(config);
          Runtime.getRuntime().addShutdownHook(new Thread(service::close, "shutdown"));
          LOGGER.log(
              Level.INFO,
              "Listening on port {0,number,#}; probes and metrics on port {1,number,#}",
              service.port(),
              service.observePort());
        }
        case "migrate" -> {
          int executed = Schema.migrate(config.get("carol.database"));
          System.out.println(
              "The database is at version " + Schema.VERSION + ". Migrations run: " + executed);
        }
        default -> fail(WRONG_USE, "There is no such command. Use serve (the default) or migrate.");
      }
    } catch (ConfigException | IllegalArgumentException e) {
      fail(WRONG_CONFIGURATION, withVariableNames(String.valueOf(e.getMessage())));
    } catch (FlywayException e) {
      fail(FAILED, "The database could not be migrated: " + e.getMessage());
    } catch (IllegalStateException e) {
      fail(FAILED, String.valueOf(e.getMessage()));
    }
  }

  /**
   * What configures the program: the environment first, then {@code defaults}, then {@code
   * application.yaml}.
   */
  public static Config configuration(Map<String, String> defaults) {
    return Config.builder()
        .sources(
            ConfigSources.environmentVariables(),
            ConfigSources.create(defaults),
            ConfigSources.classpath("application.yaml"))
        .disableEnvironmentVariablesSource()
        .disableSystemPropertiesSource()
        // A password may contain ${...}.
        .disableValueResolving()
        .build();
  }

  /** Logs as {@code logging.properties} says, unless the JVM was told of another file. */
  public static void configureLogging() {
    if (System.getProperty("java.util.logging.config.file") != null) {
      return;
    }
    try (InputStream properties = Main.class.getResourceAsStream("/logging.properties")) {
      LogManager.getLogManager().readConfiguration(properties);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** People set environment variables; Helidon's messages speak of keys. */
  private static String withVariableNames(String message) {
    return CONFIG_KEY.matcher(message).replaceAll(Main::variableName);
  }

  private static String variableName(MatchResult key) {
    return key.group().replace("'", "").replace('.', '_').toUpperCase(Locale.ROOT);
  }

  private static void fail(int exitCode, String message) {
    System.err.println(message);
    System.exit(exitCode);
  }
}
