package io.carol.llm.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.sql.DataSource;

/** A real PostgreSQL server. It can be taken away and brought back. */
public final class Postgres implements AutoCloseable {
  /** Takes half the processor time of the default. Tests make hundreds of databases. */
  static final String STRATEGY = " STRATEGY file_copy";

  private final Path data;
  private final Path log;
  private final boolean quick;
  private EmbeddedPostgres server;
  private List<ProcessHandle> frozen = List.of();

  private Postgres(Path data, Path log, boolean quick) throws IOException {
    this.data = data;
    this.log = log;
    this.quick = quick;
    this.server = launch(Ports.free());
  }

  /**
   * Starts a server on a free port of this machine, as durable as one in production.
   *
   * @param folder where its data stay, in {@code postgres}, and its log, {@code postgres.log}
   */
  public static Postgres start(Path folder) throws IOException, InterruptedException {
    return start(folder, false);
  }

  /**
   * The same, but only as durable as tests need it that do not take the power away: what was
   * committed survives the death of the server, and not that of the machine. It makes and changes
   * databases in half the time.
   */
  static Postgres startQuick(Path folder) throws IOException, InterruptedException {
    return start(folder, true);
  }

  private static Postgres start(Path folder, boolean quick)
      throws IOException, InterruptedException {
    Path data = folder.resolve("postgres");
    stopLeftover(data);
    Files.createDirectories(data);
    return new Postgres(data, folder.resolve("postgres.log"), quick);
  }

  private EmbeddedPostgres launch(int port) throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setRegisterShutdownHook(false)
        .setPort(port)
        .setServerConfig("fsync", quick ? "off" : "on")
        // It would visit each of some hundred databases once a minute.
        .setServerConfig("autovacuum", quick ? "off" : "on")
        // Without it the death of the server would lose commits, as a good one does not.
        .setServerConfig("synchronous_commit", "on")
        .setPGStartupWait(Duration.ofSeconds(60))
        .setOutputRedirector(Redirect.appendTo(log.toFile()))
        .setErrorRedirector(Redirect.appendTo(log.toFile()))
        .start();
  }

  public int port() {
    return server.getPort();
  }

  /**
   * Starts the server again on the same port with the same data, after it was stopped or killed.
   */
  public void startAgain() throws IOException {
    close();
    server = launch(server.getPort());
  }

  /** Kills every process of the server at once, as a power failure does. */
  public void kill() throws IOException {
    kill(data);
  }

  /** The same to the server whose data is in this folder. */
  static void kill(Path data) throws IOException {
    List<ProcessHandle> processes = processes(data);
    processes.forEach(ProcessHandle::destroyForcibly);
    processes.forEach(process -> process.onExit().join());
  }

  /** Kills the server with this folder if it still runs, for example after an interrupt. */
  static void killLeftover(Path folder) {
    Path data = folder.resolve("postgres");
    try {
      if (Files.exists(data.resolve("postmaster.pid"))) {
        kill(data);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Freezes the server's processes: connections stay open without an answer. */
  public void freeze() throws IOException {
    // First the one that starts all others, so that it starts none between the listing and the
    // signal.
    signal("-STOP", List.of(postmaster(data)));
    frozen = processes(data);
    signal("-STOP", frozen);
  }

  /** Lets the server go on after {@link #freeze}. */
  public void thaw() {
    // The same ones: a second listing may miss some of them.
    signal("-CONT", frozen);
  }

  private static void signal(String name, List<ProcessHandle> processes) {
    List<String> command = new ArrayList<>(List.of("kill", name));
    processes.forEach(process -> command.add(Long.toString(process.pid())));
    Command.run(new ProcessBuilder(command));
  }

  private static List<ProcessHandle> processes(Path data) throws IOException {
    ProcessHandle postmaster = postmaster(data);
    return Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
  }

  private static ProcessHandle postmaster(Path data) throws IOException {
    return ProcessHandle.of(pid(data)).orElseThrow();
  }

  /** The JDBC address of a database on this server. */
  public String url(String database) {
    return "jdbc:postgresql://localhost:" + server.getPort() + "/" + database;
  }

  /** Connections as the superuser to a database on this server. */
  public DataSource dataSource(String database) {
    return server.getDatabase("postgres", database);
  }

  /** Runs SQL as the superuser. */
  public void sql(String database, String sql) {
    sql(dataSource(database), sql);
  }

  static void sql(DataSource database, String sql) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  /** The first column of the first row, or "none" when there is no row. */
  public String sqlValue(String database, String sql) {
    return sqlValue(dataSource(database), sql);
  }

  static String sqlValue(DataSource database, String sql) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "none";
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  /** How many connections to a database on this server are open. */
  public int connections(String database) {
    return Integer.parseInt(
        sqlValue(
            "postgres",
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '" + database + "'"));
  }

  /** How many statements on a database on this server wait for a lock. */
  public int waitingForLocks(String database) {
    return Integer.parseInt(
        sqlValue(
            "postgres",
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                + " AND datname = '%s'".formatted(database)));
  }

  /** Makes a user who has to prove a password (SCRAM); all other users are trusted. */
  public void createUser(String name, String password) throws IOException {
    Path rules = data.resolve("pg_hba.conf");
    Files.writeString(rules, "host all " + name + " all scram-sha-256\n" + Files.readString(rules));
    sql(
        "postgres",
        "CREATE ROLE %s LOGIN PASSWORD '%s'; SELECT pg_reload_conf()"
            .formatted(name, password.replace("'", "''")));
  }

  /** Makes an empty database if there is none of this name. */
  public void createDatabase(String name) throws SQLException {
    try (Connection connection = dataSource("postgres").getConnection();
        Statement statement = connection.createStatement()) {
      if (!statement
          .executeQuery("SELECT FROM pg_database WHERE datname = '" + name + "'")
          .next()) {
        statement.execute("CREATE DATABASE " + name + STRATEGY);
      }
    }
  }

  /** Stops the server; its data stays. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A server outlives the program that started it when that one is killed. */
  private static void stopLeftover(Path data) throws IOException, InterruptedException {
    Path pidFile = data.resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return;
    }
    long pid = pid(data);
    ProcessHandle leftover =
        ProcessHandle.of(pid)
            .filter(process -> process.info().command().orElse("").endsWith("postgres"))
            .orElse(null);
    if (leftover == null) {
      return;
    }
    leftover.destroy();
    try {
      leftover.onExit().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("A PostgreSQL left over from before does not stop: process " + pid, e);
    }
  }

  private static long pid(Path data) throws IOException {
    return Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).getFirst().strip());
  }
}
