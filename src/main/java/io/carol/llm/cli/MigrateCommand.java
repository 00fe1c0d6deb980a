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

  /** Answers the exit code, and throws as {@link Migrations#migrate}. */
  public static int run(Config config) {
    int executed = Migrations.migrate(Configuration.database(config));
    LOGGER.info("The tables are up to date. Migrations run: {}", executed);
    return 0;
  }
}
