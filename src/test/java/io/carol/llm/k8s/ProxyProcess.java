package io.carol.llm.k8s;

import io.carol.llm.testing.DebianPackage;
import io.carol.llm.testing.TemporaryFolder;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A program between a client and a server, that listens on a port of this machine. */
final class ProxyProcess implements AutoCloseable {
  private static final Path LOGS = TemporaryFolder.untilExit("carol-proxy");

  private final Process process;
  private final Path log;
  private final int port;

  private ProxyProcess(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /**
   * Starts it, and returns when it listens.
   *
   * @param port what it was told to listen on
   */
  static ProxyProcess start(List<String> command, int port) throws IOException {
    Path log = Files.createTempFile(LOGS, "proxy", ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    ProxyProcess proxy = new ProxyProcess(process, log, port);
    TestService.await(command.getFirst() + " listens", proxy::listens);
    return proxy;
  }

  /**
   * Starts HAProxy.
   *
   * @param folder for its file
   * @param port what the configuration has it listen on
   */
  static ProxyProcess haproxy(Path folder, int port, String configuration) throws IOException {
    String program = DebianPackage.program("haproxy", "haproxy").toString();
    Path file = Files.writeString(folder.resolve("haproxy.cfg"), configuration);
    return start(List.of(program, "-db", "-f", file.toString()), port);
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    List<ProcessHandle> workers = process.descendants().toList();
    process.destroyForcibly();
    workers.forEach(ProcessHandle::destroyForcibly);
  }

  private boolean listens() {
    if (!process.isAlive()) {
      throw new AssertionError("It ended:\n" + read(log));
    }
    try (Socket socket = new Socket("localhost", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
