package io.carol.llm;

import static java.util.stream.Collectors.toMap;

import io.carol.llm.cli.DoctorCommand;
import io.carol.llm.cli.RewrapCommand;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.MigrationFailedException;
import io.carol.llm.database.Migrations;
import io.helidon.config.Config;
import io.helidon.config.ConfigException;
import io.helidon.config.ConfigSources;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/**
 * The command line: {@code serve} (the default), {@code migrate}, {@code rewrap}, {@code doctor}.
 */
public final class Main {
  static {
    // Before anything asks for a logger.
    System.setProperty("java.util.logging.manager", LastingLogManager.class.getName());
  }

  private static final System.Logger LOGGER = System.getLogger(Main.class.getName());
  private static final int FAILED = 1;
  private static final int WRONG_USE = 64;
  private static final int WRONG_CONFIGURATION = 78;
  private static final Pattern VARIABLE = Pattern.compile("CAROL(_[A-Z]+)+");
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,9}");
  private static final Pattern KEY = Pattern.compile("carol(\\.[a-z]+)+");

  private static boolean logIsJson;

  private Main() {}

  /**
   * Runs a command. Exit codes: 0 when it did its work, which for {@code serve} is being asked to
   * stop and letting go in good order; 1 when it failed, 64 when there is no such command or
   * option, 78 when the configuration is wrong (as in sysexits.h). {@code rewrap} answers 2 when it
   * left keys that do not open. {@code doctor} answers 2 when something cannot be opened, or will
   * not be, or the encryption key is not the right one, and 3 when all is well but something is
   * sealed with another key than the sealing key.
   */
  public static void main(String[] args) throws InterruptedException {
    String command = args.length == 0 ? "serve" : args[0];
    List<String> options = List.of(args).subList(Math.min(1, args.length), args.length);
    try {
      configureLogging();
      Config config = configuration(Map.of());
      chooseLogFormat(config.get("carol.log.format").asString().orElse("text"));
      switch (command) {
        case "serve" -> {
          Application service = Application.start(config);
          Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(service), "shutdown"));
          LOGGER.log(
              Level.INFO,
              "Listening on port {0,number,#}; probes and metrics on port {1,number,#}",
              service.port(),
              service.observePort());
        }
        case "migrate" -> {
          int executed = Migrations.migrate(config.get("carol.database"));
          say(
              "The database has everything up to version "
                  + Migrations.VERSION
                  + ". Migrations run: "
                  + executed);
        }
        case "rewrap" -> {
          if (RewrapCommand.understands(options)) {
            System.exit(RewrapCommand.run(config.get("carol"), options));
          }
          fail(WRONG_USE, "rewrap has one option only: --dry-run, to open all and write nothing.");
        }
        case "doctor" -> {
          if (DoctorCommand.understands(options)) {
            System.exit(DoctorCommand.run(config.get("carol"), options, System.out));
          }
          fail(WRONG_USE, "doctor has two options: --json and --accept-key.");
        }
        default ->
            fail(
                WRONG_USE,
                "There is no such command. Use serve (the default), migrate, rewrap [--dry-run], or"
                    + " doctor [--json] [--accept-key].");
      }
    } catch (ConfigException e) {
      fail(WRONG_CONFIGURATION, withVariableNames(e));
    } catch (IllegalArgumentException | CryptoException e) {
      fail(WRONG_CONFIGURATION, String.valueOf(e.getMessage()));
    } catch (MigrationFailedException | DatabaseUnavailableException | IllegalStateException e) {
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
            ConfigSources.create(environment()),
            ConfigSources.create(defaults),
            ConfigSources.classpath("application.yaml"))
        .disableEnvironmentVariablesSource()
        .disableSystemPropertiesSource()
        // A password may contain ${...}.
        .disableValueResolving()
        // Helidon's own take every text but a few for false, and do not say what they expect.
        .addMapper(Boolean.class, Main::flag)
        .addMapper(Integer.class, Main::number)
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

  /** The variables of this program by the key they are for. An empty one counts as not set. */
  private static Map<String, String> environment() {
    return System.getenv().entrySet().stream()
        .filter(variable -> VARIABLE.matcher(variable.getKey()).matches())
        .filter(variable -> !variable.getValue().isEmpty())
        .peek(Main::requireLegible)
        .collect(
            toMap(
                variable -> variable.getKey().toLowerCase(Locale.ROOT).replace('_', '.'),
                Map.Entry::getValue));
  }

  /** In the C locale Java makes question marks of all that is not ASCII: a password would fail. */
  private static void requireLegible(Map.Entry<String, String> variable) {
    if (variable.getValue().indexOf('\uFFFD') >= 0) {
      throw new IllegalArgumentException(
          variable.getKey() + " is not ASCII, so Java needs a UTF-8 locale: set LC_ALL=C.UTF-8");
    }
  }

  private static boolean flag(Config config) {
    return switch (config.asString().get().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(variable(config.key()) + " must be true or false");
    };
  }

  private static int number(Config config) {
    String text = config.asString().get();
    if (!NUMBER.matcher(text).matches()) {
      throw new IllegalArgumentException(variable(config.key()) + " must be a whole number");
    }
    return Integer.parseInt(text);
  }

  private static String variable(Object key) {
    return key.toString().replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** People set environment variables; Helidon's messages speak of keys. */
  private static String withVariableNames(ConfigException e) {
    return KEY.matcher(String.valueOf(e.getMessage())).replaceAll(key -> variable(key.group()));
  }

  private static void stop(Application service) {
    LOGGER.log(Level.INFO, "Stopping");
    try {
      service.drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    service.close();
    LOGGER.log(Level.INFO, "Stopped");
    flushLog();
    // The exit code of a JVM that was told to stop would be 143, which looks like a failure.
    Runtime.getRuntime().halt(0);
  }

  private static void chooseLogFormat(String format) {
    // Also made by this, and could not be any more once the process was asked to stop.
    Handler[] handlers = Logger.getLogger("").getHandlers();
    switch (format) {
      case "text" -> {}
      case "json" -> {
        for (Handler handler : handlers) {
          handler.setFormatter(new JsonLogFormatter());
        }
        logIsJson = true;
      }
      default -> throw new IllegalArgumentException("CAROL_LOG_FORMAT must be text or json.");
    }
  }

  /** To whoever typed the command, or to the log where a collector of JSON reads all there is. */
  private static void say(String message) {
    if (logIsJson) {
      LOGGER.log(Level.INFO, "{0}", message);
    } else {
      System.out.println(message);
    }
  }

  private static void fail(int exitCode, String message) {
    if (logIsJson) {
      LOGGER.log(Level.ERROR, "{0}", message);
    } else {
      System.err.println(message);
    }
    System.exit(exitCode);
  }

  /**
   * Returns when all lines logged before are written. For what is logged while the process ends
   * already; at its exit the log manager does the same.
   */
  public static void flushLog() {
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.flush();
    }
  }
}
