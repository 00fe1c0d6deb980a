package io.carol.llm.database;

import io.helidon.config.Config;
import io.helidon.dbclient.DbRow;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.output.MigrateResult;

/** The tables, as {@code sql/migrations} makes them. */
public final class Schema {
  /** The newest migration there is. */
  public static final String VERSION = "024";

  /** Up to here the migrations belong to Carol, whose database has them without a history. */
  private static final String CAROL_VERSION = "023";

  private Schema() {}

  /**
   * Brings the database to {@link #VERSION}. Safe to run again, and from several processes at once.
   *
   * @param config {@code url}, {@code user} and {@code password}
   * @return how many migrations were run
   * @throws org.flywaydb.core.api.FlywayException when it cannot; completed migrations stay
   */
  public static int migrate(Config config) {
    MigrateResult result =
        Flyway.configure(Schema.class.getClassLoader())
            .dataSource(
                config.get("url").asString().get(),
                config.get("user").asString().orElse(null),
                config.get("password").asString().orElse(null))
            .locations("classpath:sql/migrations")
            .baselineOnMigrate(true)
            .baselineVersion(CAROL_VERSION)
            .load()
            .migrate();
    return result.migrationsExecuted;
  }

  /**
   * Whether the database has at least {@link #VERSION}.
   *
   * @throws DatabaseUnavailableException when it is away or was never migrated
   */
  public static boolean isCurrent(Database database) {
    String version =
        database.run(db -> {
          try (Stream<DbRow> rows = db.execute().createNamedQuery("schema-version").execute()) {
            return rows.findFirst().orElseThrow().column("version").get(String.class);
          }
        });
    return version != null && version.compareTo(VERSION) >= 0;
  }
}
