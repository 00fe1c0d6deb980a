package io.carol.llm.http;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that take their time, one or thousands of them. */
final class SlowClientsTest {
  private static final int SOCKETS = 2_000;
  private static final int GETS = 200;
  private static final String BODY = "{\"provider\":\"anthropic\",\"model\":\"m\"}";
  private static final UnixOperatingSystemMXBean SYSTEM =
      (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private static TestService patient;
  private static TestService impatient;

  @BeforeAll
  static void start() {
    // Long enough for a busy machine to open all the sockets.
    patient = start("10");
    impatient = start("2");
  }

  private static TestService start(String seconds) {
    return TestService.start(
        Map.of(
            "carol.encryption.key",
            Secrets.encryptionKey(),
            "carol.limits.header.seconds",
            seconds,
            "carol.limits.body.seconds",
            seconds,
            "carol.limits.idle.seconds",
            seconds));
  }

  @AfterAll
  static void stop() {
    patient.close();
    impatient.close();
  }

  @Test
  void whoSendsHeadersByteByByteKeepsNobodyWaiting() throws IOException {
    besidesThousandsOf("GET " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\nX: ");
  }

  @Test
  void whoSendsABodyByteByByteKeepsNobodyWaiting() throws IOException {
    besidesThousandsOf(put("slow", "Content-Length: 60000"));
  }

  /** Answers others while all of them are open, ends them all, and has nothing left of them. */
  private static void besidesThousandsOf(String start) throws IOException {
    assumeTrue(
        SYSTEM.getMaxFileDescriptorCount() > 3 * SOCKETS,
        "Not run: this process may not open " + 3 * SOCKETS + " files (ulimit -n)");
    patient.as("quick").put(BODY);
    long filesBefore = SYSTEM.getOpenFileDescriptorCount();
    int threadsBefore = ManagementFactory.getThreadMXBean().getThreadCount();
    List<SlowClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < SOCKETS; i++) {
        clients.add(new SlowClient(start));
      }
      clients.forEach(SlowClient::sendAByte);
      long[] micros = IntStream.range(0, GETS).mapToLong(i -> timeOfAGet()).sorted().toArray();
      clients.forEach(client -> assertTrue(client.isUnanswered(), "all of them were still open"));
      System.out.printf(
          "GET beside %,d slow clients: median %,d µs, highest %,d µs%n",
          SOCKETS, micros[GETS / 2], micros[GETS - 1]);
      TestService.await(
          "all slow clients are done with, however long they would go on",
          () -> {
            clients.forEach(SlowClient::sendAByte);
            return clients.stream().allMatch(SlowClient::isClosed);
          });
      // Not always one each: what a client sends after the end can reset the connection first.
      List<String> told = clients.stream().map(SlowClient::told).distinct().sorted().toList();
      assertEquals("HTTP/1.1 408", told.getLast());
      assertTrue(told.size() == 1 || told.equals(List.of("", "HTTP/1.1 408")), told::toString);
    } finally {
      for (SlowClient client : clients) {
        client.channel.close();
      }
    }
    TestService.await(
        "nothing is left open",
        () -> SYSTEM.getOpenFileDescriptorCount() < filesBefore + SOCKETS / 100);
    TestService.await(
        "no thread is left",
        () -> ManagementFactory.getThreadMXBean().getThreadCount() < threadsBefore + 10);
    assertEquals(200, patient.as("quick").get().status());
  }

  private static long timeOfAGet() {
    long started = System.nanoTime();
    assertEquals(200, patient.as("quick").get().status());
    return (System.nanoTime() - started) / 1_000;
  }

  @Test
  void whoStopsInTheMiddleIsToldThatTimeIsOver() {
    List<RawHttp> halves =
        Stream.of(
                "G",
                "GET " + Api.PATH + " HTTP/1.1\r\n",
                "GET " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\nX",
                put("half", "Content-Length: 100"),
                put("half", "Content-Length: 100") + BODY,
                put("half", "Transfer-Encoding: chunked"),
                put("half", "Transfer-Encoding: chunked") + "25\r\n" + BODY,
                put("half", "Transfer-Encoding: chunked") + "26\r\n" + BODY + "\r\n")
            .map(half -> new RawHttp(impatient.connect()).send(half))
            .toList();
    for (RawHttp half : halves) {
      List<Reply> replies = half.readAll();
      assertEquals(1, replies.size());
      Reply reply = replies.getFirst();
      assertProblem(408, "request_timeout", reply);
      assertEquals("close", reply.header("connection"));
      Api.CONTRACT.check("PUT", Api.PATH, reply.status(), reply.headers(), reply.body());
      half.close();
    }
    assertEquals(404, impatient.as("half").get().status());
  }

  @Test
  void whoHasSentNothingOfARequestIsNotTold() {
    try (RawHttp fresh = new RawHttp(impatient.connect());
        RawHttp used = new RawHttp(impatient.connect())) {
      assertEquals(404, used.send(get("idle")).read().status());
      assertEquals(404, used.send(get("idle")).read().status());
      assertEquals(List.of(), used.readAll());
      assertEquals(List.of(), fresh.readAll());
    }
  }

  @Test
  void aBodyThatIsStillUnderWayAfterTheAnswerHasItsTimeToo() {
    try (RawHttp raw = new RawHttp(impatient.connect())) {
      raw.send("PUT " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{");
      assertEquals(List.of(401), raw.readAll().stream().map(Reply::status).toList());
    }
  }

  @Test
  void theTimeStartsAnewWithEveryRequest() {
    long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    try (RawHttp raw = new RawHttp(impatient.connect())) {
      while (System.nanoTime() < end) {
        raw.send(put("steady", "Content-Length: " + BODY.length()) + BODY);
        assertEquals(2, raw.read().status() / 100);
        assertEquals(200, raw.send(get("steady")).read().status());
      }
    }
  }

  @Test
  void probesHaveTheirTimesAsWell() {
    try (RawHttp raw = new RawHttp(impatient.connectToObserve())) {
      List<Reply> replies = raw.send("GET /observe/health/live HTTP/1.1\r\n").readAll();
      assertEquals(List.of(408), replies.stream().map(Reply::status).toList());
    }
  }

  private static String put(String user, String length) {
    return "PUT %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s\r\n%s\r\n\r\n"
        .formatted(
            Api.PATH, TestService.identity().token(user), "Content-Type: application/json", length);
  }

  private static String get(String user) {
    return "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n"
        .formatted(Api.PATH, TestService.identity().token(user));
  }

  /** Sends the start of a request and then bytes; never waits. */
  private static final class SlowClient {
    private final SocketChannel channel;
    private final StringBuilder received = new StringBuilder();
    private boolean closed;

    SlowClient(String start) throws IOException {
      channel = SocketChannel.open(new InetSocketAddress("localhost", patient.port()));
      channel.write(ByteBuffer.wrap(start.getBytes(ISO_8859_1)));
      channel.configureBlocking(false);
    }

    void sendAByte() {
      try {
        channel.write(ByteBuffer.wrap(new byte[] {'a'}));
      } catch (IOException e) {
        // The service has closed it; what it said before can still be read.
      }
    }

    boolean isUnanswered() {
      read();
      return received.isEmpty() && !closed;
    }

    boolean isClosed() {
      read();
      return closed;
    }

    /** The version and status of the answer, or nothing. */
    String told() {
      return received.substring(0, Math.min(received.length(), 12));
    }

    private void read() {
      ByteBuffer buffer = ByteBuffer.allocate(4_096);
      try {
        int count;
        while (!closed && (count = channel.read(buffer.clear())) != 0) {
          closed = count < 0;
          received.append(ISO_8859_1.decode(buffer.flip()));
        }
      } catch (IOException e) {
        closed = true;
      }
    }
  }
}
