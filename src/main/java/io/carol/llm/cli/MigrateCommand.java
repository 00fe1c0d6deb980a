package io.carol.llm.cli;

import io.carol.llm.config.Configuration;
import io.carol.llm.database.Migrations;
import io.helidon.config.Config;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code migrate}: brings the tables to the version of this program. */
public final class MigrateCommand {
  private static final Logger LOGGER = LoggerFactory.getLogger(MigrateCommand.class);

  private MigrateCommand() {}

  /**
   * Runs it. Several may run at once.
   *
   * @return the exit code
   * @throws io.carol.llm.database.MigrationFailedException when it could not be done
   */
  public static int run(Config config) {
    int executed = Migrations.migrate(Configuration.database(config));
    LOGGER.info("The tables are up to date. Migrations run: {}", executed);
    return 0;
  }
}
