package io.carol.llm.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A server of the oldest PostgreSQL the service works with, 15, as Debian packs it. A test run of
 * root runs it as the user postgres, because PostgreSQL refuses to run as root.
 */
public final class DebianPostgres implements AutoCloseable {
  private static final String PACKAGE = "postgresql-15";
  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15/bin");
  private static final String USER = "postgres";

  private final Path folder;
  private final String password;
  private final int port;
  private boolean started;

  private DebianPostgres(Path folder, String password) throws IOException {
    this.folder = folder;
    this.password = password;
    this.port = Ports.free();
  }

  /** Makes a server that asks for no password, without starting it. */
  public static DebianPostgres create() throws IOException {
    return create(newFolder(), null);
  }

  /**
   * Makes a server without starting it.
   *
   * @param folder where its data comes, with a path short enough for a socket
   * @param password of the user postgres (SCRAM); null when the server asks for none
   */
  public static DebianPostgres create(Path folder, @Nullable String password) throws IOException {
    DebianPostgres server = new DebianPostgres(folder, password == null ? "" : password);
    List<String> options = new ArrayList<>(List.of("-U", USER, "-E", "UTF-8", "--locale=C.UTF-8"));
    // Segments of 1 MB, so that the log of a small server is small.
    options.addAll(List.of("--wal-segsize=1", "-D", server.data().toString()));
    if (password == null) {
      options.addAll(List.of("-A", "trust"));
    } else {
      Path file = folder.resolve("password");
      Secrets.write(file, password);
      options.addAll(List.of("-A", "scram-sha-256", "--pwfile=" + file));
    }
    server.own(folder);
    run("initdb", options.toArray(String[]::new));
    return server;
  }

  /** A new folder for {@link #create}. */
  public static Path newFolder() throws IOException {
    // Skips the test where it is missing, before there is a folder to remove.
    program("initdb");
    // The name of a socket must not be longer than 107 bytes.
    return Files.createTempDirectory(Path.of("/tmp"), "carol-postgres-15");
  }

  /**
   * Makes a standby that follows this server, which runs, and starts it.
   *
   * @param name by which this server knows it
   */
  public DebianPostgres standby(String name) throws IOException {
    DebianPostgres standby = new DebianPostgres(newFolder(), password);
    standby.follow(this, name);
    return standby;
  }

  /** Becomes a standby of a server that runs, with a new copy of its data, and starts. */
  public void follow(DebianPostgres primary, String name) throws IOException {
    own(folder);
    command("rm", "-rf", data().toString());
    run(
        "pg_basebackup",
        "-d",
        "host=localhost port=%d user=%s application_name=%s".formatted(primary.port, USER, name),
        "-D",
        data().toString(),
        "-c",
        "fast",
        "-X",
        "stream",
        "-R");
    start();
  }

  /** Starts it, for the first time or again, and returns when it takes connections. */
  public void start() {
    run(
        "pg_ctl",
        "-D",
        data().toString(),
        "-w",
        "-l",
        folder.resolve("log").toString(),
        "-o",
        "-p %d -c listen_addresses=localhost -c unix_socket_directories=%s".formatted(port, folder),
        "start");
    started = true;
  }

  /** Stops it in good order. */
  public void stop() {
    run("pg_ctl", "-D", data().toString(), "-m", "fast", "-w", "stop");
    started = false;
  }

  /** Makes a standby the primary. */
  public void promote() {
    run("pg_ctl", "-D", data().toString(), "-w", "promote");
  }

  /** Kills every process of it at once, as a power failure does. */
  public void kill() throws IOException {
    Postgres.kill(data());
    started = false;
  }

  /** Whether it was started, and has neither been killed nor ended by itself. */
  public boolean runs() {
    return started && Files.exists(data().resolve("postmaster.pid"));
  }

  /** Makes a folder the property of the user that runs the server. */
  public void own(Path place) {
    if (DebianPackage.isRoot()) {
      // Before the first use of the user.
      program("initdb");
      command("chown", "-R", USER, place.toString());
    }
  }

  public int port() {
    return port;
  }

  /** Where its JDBC address says that it is. */
  public String host() {
    return "localhost:" + port;
  }

  /** The JDBC address of its database. */
  public String url() {
    return "jdbc:postgresql://" + host() + "/postgres";
  }

  /** Runs SQL as the superuser. */
  public void sql(String sql) {
    Postgres.sql(dataSource(), sql);
  }

  /** The first column of the first row, or "none" when there is no row. */
  public String sqlValue(String sql) {
    return Postgres.sqlValue(dataSource(), sql);
  }

  private DataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url());
    source.setUser(USER);
    source.setPassword(password);
    return source;
  }

  /** Kills it if it runs, and removes its data. */
  @Override
  public void close() throws IOException {
    if (runs()) {
      kill();
    }
    command("rm", "-rf", folder.toString());
  }

  private Path data() {
    return folder.resolve("data");
  }

  private static String program(String name) {
    return DebianPackage.program(PROGRAMS.resolve(name).toString(), PACKAGE).toString();
  }

  private static void run(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (DebianPackage.isRoot()) {
      command.addAll(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups"));
    }
    command.add(program(program));
    command.addAll(List.of(arguments));
    command(command.toArray(String[]::new));
  }

  private static void command(String... command) {
    Command.run(new ProcessBuilder(command).directory(Path.of("/tmp").toFile())).output();
  }
}
