package io.carol.llm.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.Main;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of 8 MB, in a service with 64 MB of heap. */
final class LargeResponseTest {
  private static final int FILE_BYTES = 8 * 1024 * 1024;
  private static final int CLIENTS = 16;
  private static final String GET = "GET /assets/large.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";

  @TempDir private Path folder;

  @Test
  void clientsThatDoNotReadHoldNoCopyOfIt() throws Exception {
    String content = "large ".repeat(FILE_BYTES / 6);
    Files.createDirectories(folder.resolve("web/assets"));
    Files.writeString(folder.resolve("web/assets/large.txt"), content);
    try (ServiceProcess service = start()) {
      service.awaitReady();
      List<Socket> clients = new ArrayList<>();
      try {
        for (int i = 0; i < CLIENTS; i++) {
          Socket client = connect(service.port());
          clients.add(client);
          client.getOutputStream().write(GET.getBytes(US_ASCII));
          // The service has begun to send, and cannot end before the client reads.
          assertEquals('H', client.getInputStream().read());
        }
        assertEquals(404, new Api(service.port(), token()).get().status(), () -> service.err());
        try (RawHttp reader = new RawHttp(connect(service.port()))) {
          assertEquals(content, reader.send(GET).read().body());
        }
      } finally {
        for (Socket client : clients) {
          client.close();
        }
      }
    }
  }

  private ServiceProcess start() {
    return ServiceProcess.start(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-cp",
            folder + File.pathSeparator + System.getProperty("java.class.path"),
            Main.class.getName()),
        TestService.newConfiguration("carol.log.level", "info"));
  }

  /** A small receive buffer, so that most of the file stays with the service. */
  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4 * 1024);
    socket.setSoTimeout(30_000);
    socket.connect(new InetSocketAddress("localhost", port));
    return socket;
  }

  private static String token() {
    return TestService.identity().token("user");
  }
}
