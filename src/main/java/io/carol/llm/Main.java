package io.carol.llm;

import static java.util.stream.Collectors.toMap;

import io.carol.llm.cli.DoctorCommand;
import io.carol.llm.cli.RewrapCommand;
import io.carol.llm.config.Configuration;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.config.LogConfig;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.MigrationFailedException;
import io.carol.llm.database.Migrations;
import io.carol.llm.observability.Logging;
import io.helidon.config.Config;
import io.helidon.config.ConfigException;
import io.helidon.config.ConfigSources;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The command line: {@code serve} (the default), {@code migrate}, {@code rewrap}, {@code doctor}.
 */
public final class Main {
  private static final Logger LOGGER = LoggerFactory.getLogger(Main.class);
  private static final int FAILED = 1;
  private static final int WRONG_USE = 64;
  private static final int WRONG_CONFIGURATION = 78;
  private static final Pattern VARIABLE = Pattern.compile("CAROL(_[A-Z]+)+");
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
      Config config = configuration(Map.of());
      LogConfig log = Configuration.log(config);
      logIsJson = log.json();
      Logging.configure(log);
      switch (command) {
        case "serve" -> {
          Application service = Application.start(config);
          Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(service), "shutdown"));
          LOGGER.info(
              "Listening on port {}; probes and metrics on port {}",
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
    } catch (ConfigurationException | IllegalArgumentException | CryptoException e) {
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
        .build();
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

  private static String variable(Object key) {
    return key.toString().replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** People set environment variables; Helidon's messages speak of keys. */
  private static String withVariableNames(ConfigException e) {
    return KEY.matcher(String.valueOf(e.getMessage())).replaceAll(key -> variable(key.group()));
  }

  private static void stop(Application service) {
    LOGGER.info("Stopping");
    try {
      service.drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    service.close();
    LOGGER.info("Stopped");
    Logging.flush();
    // The exit code of a JVM that was told to stop would be 143, which looks like a failure.
    Runtime.getRuntime().halt(0);
  }

  /** To whoever typed the command, or to the log where a collector of JSON reads all there is. */
  private static void say(String message) {
    if (logIsJson) {
      LOGGER.info("{}", message);
    } else {
      System.out.println(message);
    }
  }

  private static void fail(int exitCode, String message) {
    if (logIsJson) {
      LOGGER.error("{}", message);
    } else {
      System.err.println(message);
    }
    System.exit(exitCode);
  }
}
