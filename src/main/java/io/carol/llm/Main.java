package io.carol.llm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import io.carol.llm.cli.DoctorCommand;
import io.carol.llm.cli.HealthCommand;
import io.carol.llm.cli.MigrateCommand;
import io.carol.llm.cli.RewrapCommand;
import io.carol.llm.config.Configuration;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.config.LogConfig;
import io.carol.llm.config.Setting;
import io.carol.llm.config.UnknownVariables;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.MigrationFailedException;
import io.carol.llm.keys.RewrapFailedException;
import io.carol.llm.observability.BuildInfo;
import io.carol.llm.observability.Logging;
import io.helidon.config.Config;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.security.Security;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The command line: {@code help} lists the commands and all settings. */
public final class Main {
  private static final Logger LOGGER = LoggerFactory.getLogger(Main.class);
  private static final int FAILED = 1;
  private static final int WRONG_USE = 64;
  private static final int WRONG_CONFIGURATION = 78;
  private static final String COMMANDS =
      """
      serve               run the service; this is the default
      migrate             bring the tables to the version of this program
      rewrap [--dry-run]  seal every stored API key with the sealing key
      doctor [--json]     report on encryption keys and what is sealed with them
             [--users]        name the users who have to enter their API key again
             [--accept-key]   first make the sealing key one of the database's keys
      health              ask the service on this machine whether it is ready
      help, version\
      """;

  private Main() {}

  /**
   * Runs a command. Exit codes: 0 when it did its work, which for {@code serve} is being asked to
   * stop and ending in good order; 1 when it failed; 64 when there is no such command or option; 78
   * when the configuration is wrong (as in sysexits.h). {@code rewrap} answers 2 when some API keys
   * do not open. {@code doctor} answers 2 when something is wrong with the encryption keys, and 3
   * when some API keys are not sealed with the sealing key.
   */
  public static void main(String[] args) throws InterruptedException {
    String command = args.length == 0 ? "serve" : args[0];
    List<String> options = Stream.of(args).skip(1).toList();
    int exitCode = FAILED;
    // Numbers in messages have the digits 0 to 9 in every locale.
    Locale.setDefault(Locale.ROOT);
    // Not in the encoding of the locale, which is ASCII in a container without one.
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8));
    try {
      Config config = Configuration.load(Map.of());
      configureLog(config);
      // The JVM would keep an address for 30 s and a failed lookup for 10 s, and so find a database
      // that has moved or is back late. Not before the log is set up, because the JDK logs this.
      Security.setProperty("networkaddress.cache.ttl", "1");
      Security.setProperty("networkaddress.cache.negative.ttl", "1");
      UnknownVariables.warnings(System.getenv()).forEach(warning -> LOGGER.warn("{}", warning));
      exitCode = run(command, options, config);
    } catch (ConfigurationException | CryptoException e) {
      // A line for each setting.
      String.valueOf(e.getMessage()).lines().forEach(line -> LOGGER.error("{}", line));
      exitCode = WRONG_CONFIGURATION;
    } catch (MigrationFailedException | DatabaseUnavailableException | RewrapFailedException e) {
      LOGGER.error("{}", e.getMessage());
    } catch (RuntimeException e) {
      LOGGER.error("An unexpected error ends the program", e);
    }
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  /** The log is there for the complaint about its own settings as well. */
  private static void configureLog(Config config) {
    LogConfig log = Configuration.log(Config.empty());
    try {
      log = Configuration.log(config);
    } finally {
      Logging.configure(log);
    }
  }

  /** Answers the exit code. */
  static int run(String command, List<String> options, Config config) throws InterruptedException {
    String meant = options.contains("--help") ? "help" : command;
    // The empty name leads to wrongUse.
    return switch (understands(meant, options) ? meant : "") {
      case "serve" -> serve(config);
      case "migrate" -> MigrateCommand.run(config);
      case "rewrap" -> RewrapCommand.run(config, options);
      case "doctor" -> DoctorCommand.run(config, options, System.out);
      case "health" -> HealthCommand.run(config);
      case "help", "--help", "-h" ->
          print(
              "Commands:\n%s\nEnvironment variables (and their defaults):\n%s"
                  .formatted(COMMANDS.indent(2), Setting.help()));
      case "version", "--version" -> print(BuildInfo.VERSION + " (" + BuildInfo.COMMIT + ")");
      default -> wrongUse(command, options);
    };
  }

  private static boolean understands(String command, List<String> options) {
    return switch (command) {
      case "serve", "migrate", "health" -> options.isEmpty();
      case "rewrap" -> Set.of("--dry-run").containsAll(options);
      case "doctor" -> Set.of("--json", "--users", "--accept-key").containsAll(options);
      default -> true;
    };
  }

  private static int print(String text) {
    System.out.println(text);
    return 0;
  }

  private static int wrongUse(String command, List<String> options) {
    // What is not the name of a command or of an option may be a key.
    String name = command.matches("[A-Za-z]{1,12}") ? command : "…";
    String rest =
        options.stream()
            .map(option -> option.matches("--?[a-z-]{1,20}") ? " " + option : " …")
            .collect(joining());
    LOGGER.error(
        "There is no such command or option: {}{}. The command help lists them", name, rest);
    return WRONG_USE;
  }

  private static int serve(Config config) {
    Application service = Application.start(config);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(service), "shutdown"));
    LOGGER.info(
        "Listening on port {}; probes and metrics on port {}",
        service.port(),
        service.observePort());
    return 0;
  }

  private static void stop(Application service) {
    // The exit code of a JVM that was told to stop would be 143, which looks like a failure.
    int exitCode = FAILED;
    try {
      LOGGER.info("Stopping");
      service.drain();
      service.close();
      LOGGER.info("Stopped");
      exitCode = 0;
    } catch (InterruptedException | RuntimeException e) {
      LOGGER.error("The service did not end in good order", e);
    } finally {
      Logging.flush();
      Runtime.getRuntime().halt(exitCode);
    }
  }
}
