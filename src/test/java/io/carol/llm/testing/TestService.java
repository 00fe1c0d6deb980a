package io.carol.llm.testing;

import io.carol.llm.Application;
import io.carol.llm.config.Configuration;
import io.carol.llm.config.DatabaseConfig;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.Migrations;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.ModelName;
import io.carol.llm.settings.Preconditions;
import io.carol.llm.settings.Provider;
import io.helidon.config.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/**
 * The real service on real sockets, with a database of its own on the PostgreSQL server that all
 * tests share.
 */
public final class TestService implements AutoCloseable {
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final Application service;
  private final Config config;
  private final Postgres server;
  private final String database;
  private final Map<String, Api> clients = new ConcurrentHashMap<>();

  private TestService(Application service, Config config, Postgres server, String database) {
    this.service = service;
    this.config = config;
    this.server = server;
    this.database = database;
  }

  /** Starts on a database that is migrated and has no rows, with an encryption key. */
  public static TestService start() {
    return start(Map.of("carol.encryption.key", Secrets.encryptionKey()));
  }

  /** The same with one setting more. */
  public static TestService start(String key, String value) {
    return start(Map.of("carol.encryption.key", Secrets.encryptionKey(), key, value));
  }

  /**
   * Starts on a database that is migrated and has no rows.
   *
   * @param overrides configuration beside ports, database and identity; an empty value unsets
   */
  public static TestService start(Map<String, String> overrides) {
    return start(migratedDatabase(), overrides);
  }

  /** Starts on a database of {@link #newDatabase} or {@link #migratedDatabase}. */
  public static TestService start(String database, Map<String, String> overrides) {
    TestService started = launch(Shared.POSTGRES, database, overrides);
    started.awaitReady();
    return started;
  }

  /** Starts on a database that may be away, and does not wait until it is ready. */
  public static TestService launch(
      Postgres server, String database, Map<String, String> overrides) {
    Map<String, String> values = new HashMap<>();
    values.put("carol.database.url", server.url(database));
    values.putAll(overrides);
    Config config = config(database, values);
    return new TestService(Application.start(config), config, server, database);
  }

  /** Polls the readiness probe until it says yes. */
  public void awaitReady() {
    await("the service is ready", () -> observe("/observe/health/ready").status() == 200);
  }

  /** What a service on this database is configured with. */
  public static Map<String, String> configuration(String database, Map<String, String> overrides) {
    Map<String, String> values = new HashMap<>(Shared.IDENTITY.configuration());
    values.put("carol.port", "0");
    values.put("carol.observe.port", "0");
    values.put("carol.database.url", Shared.POSTGRES.url(database));
    values.put("carol.database.user", "postgres");
    // Tests write faster than users do.
    values.put("carol.limits.writes.per.minute", "0");
    values.putAll(overrides);
    values.values().removeIf(String::isEmpty);
    return values;
  }

  /** The same, read. */
  public static Config config(String database, Map<String, String> overrides) {
    return Configuration.load(configuration(database, overrides));
  }

  /** How {@link Migrations} and a connection pool get at this database. */
  public static DatabaseConfig databaseConfig(String database, Map<String, String> overrides) {
    return Configuration.database(config(database, overrides));
  }

  /**
   * Settings as an agent opens them, whose database has answered already. A slow machine may need
   * more time for the first connection than a request waits for one.
   */
  public static LlmSettingsService agent(Config config) {
    LlmSettingsService agent = LlmSettingsService.open(config);
    await(
        "an agent's database answers",
        () -> {
          try {
            return agent.find("no-such-user").isEmpty();
          } catch (DatabaseUnavailableException e) {
            return false;
          }
        });
    return agent;
  }

  /** Stores an API key for Anthropic, whatever is stored before. */
  public static void save(LlmSettingsService agent, String user, String model, String apiKey) {
    agent.save(
        user,
        new LlmSettings(Provider.ANTHROPIC, new ModelName(model), null),
        new KeyChange.Replace(ApiKey.of(apiKey)),
        Preconditions.NONE);
  }

  /** What a service on a database elsewhere is configured with, an encryption key included. */
  public static Map<String, String> configurationAt(String url) {
    return configuration(
        "unused",
        Map.of("carol.database.url", url, "carol.encryption.key", Secrets.encryptionKey()));
  }

  /**
   * What a service on a new database is configured with, with an encryption key and one more value.
   */
  public static Map<String, String> newConfiguration(String key, String value) {
    return configuration(
        newDatabase(), Map.of("carol.encryption.key", Secrets.encryptionKey(), key, value));
  }

  /** Makes an empty database and answers its name. */
  public static String newDatabase() {
    String name = nextName();
    try {
      Shared.POSTGRES.createDatabase(name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return name;
  }

  /** Makes a database that is migrated and has no rows, and answers its name. */
  public static String migratedDatabase() {
    return copyOf(Migrated.DATABASE);
  }

  /**
   * Copies a database that no connection is open to, and answers the name of the copy. It takes a
   * third of the time that migrating takes.
   */
  public static String copyOf(String database) {
    String name = nextName();
    Shared.POSTGRES.sql(
        "postgres", "CREATE DATABASE %s TEMPLATE %s".formatted(name, database) + Postgres.STRATEGY);
    return name;
  }

  private static String nextName() {
    return "test_" + DATABASES.incrementAndGet();
  }

  /** The identity provider every test service trusts. */
  public static Identity identity() {
    return Shared.IDENTITY;
  }

  /** The server every test database is on. */
  public static Postgres postgres() {
    return Shared.POSTGRES;
  }

  /** Polls until the condition holds. */
  public static void await(String what, BooleanSupplier condition) {
    Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError("Waited 30 s in vain until " + what);
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
  }

  /** A client that is signed in as this user. */
  public Api as(String userId) {
    return clients.computeIfAbsent(
        userId, id -> new Api(service.port(), Shared.IDENTITY.token(id)));
  }

  /** A client that does not sign in. */
  public Api anonymous() {
    return new Api(service.port(), null);
  }

  /** Asks the port of probes and metrics. */
  public Reply observe(String path) {
    return new Api(service.observePort(), null).send("GET", path, null);
  }

  /** A connection to the API's port, for what no HTTP client would send. */
  public Socket connect() {
    return connect(service.port());
  }

  /** The same to the port of probes and metrics. */
  public Socket connectToObserve() {
    return connect(service.observePort());
  }

  private static Socket connect(int port) {
    try {
      Socket socket = new Socket("localhost", port);
      socket.setSoTimeout(10_000);
      return socket;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return service.port();
  }

  /** The configuration it was started with. */
  public Config config() {
    return config;
  }

  /** Connections to its database as the superuser. */
  public DataSource dataSource() {
    return server.dataSource(database);
  }

  /** How many statements on its database wait for a lock. */
  public int waitingForLocks() {
    return server.waitingForLocks(database);
  }

  /** Runs SQL on its database, behind its back. */
  public void sql(String sql) {
    server.sql(database, sql);
  }

  /** The first column of the first row, or "none" when there is no row. */
  public String sqlValue(String sql) {
    return server.sqlValue(database, sql);
  }

  @Override
  public void close() {
    service.close();
  }

  /** Made at first use. */
  private static final class Migrated {
    static final String DATABASE = newDatabase();

    static {
      Migrations.migrate(databaseConfig(DATABASE, Map.of()));
    }
  }

  /** Started at first use, stopped with the JVM. */
  private static final class Shared {
    static final Identity IDENTITY;
    static final Postgres POSTGRES;

    static {
      try {
        Path folder = TemporaryFolder.untilExit("carol-test", used -> Shared.POSTGRES.close());
        IDENTITY = Identity.ephemeral(folder);
        POSTGRES = Postgres.startQuick(folder);
      } catch (Exception e) {
        throw new ExceptionInInitializerError(e);
      }
    }
  }
}
