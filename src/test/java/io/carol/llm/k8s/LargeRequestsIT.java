package io.carol.llm.k8s;

import static io.carol.llm.testing.ProblemCheck.assertProblem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Large requests that do not end take a part of the heap and no more, however many there are. */
final class LargeRequestsIT {
  private static final int MANY = 1_000;
  private static final String BODY = "{\"provider\":\"anthropic\",\"model\":\"m\"}";

  @Test
  void doNotFillTheMemoryAndDoNotStopSmallOnes() throws InterruptedException {
    List<String> command = new ArrayList<>(ServiceProcess.JAR);
    command.add(1, "-Xmx64m");
    Map<String, String> configuration =
        TestService.configuration(
            TestService.newDatabase(), Map.of("carol.encryption.key", Secrets.encryptionKey()));
    try (ServiceProcess service = ServiceProcess.start(command, configuration)) {
      service.awaitReady();
      Api api = new Api(service.port(), TestService.identity().token("user"));
      assertEquals(201, api.put(BODY).status());
      List<RawHttp> slow = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        slow.add(connect(service).send(i % 2 == 0 ? largeBody() : largeHeaders()));
      }
      assertEquals(200, api.put(BODY).status());
      Reply refused = slow.getLast().read();
      assertProblem(503, "overloaded", refused);
      Api.CONTRACT.check("PUT", Api.PATH, 503, refused.headers(), refused.body());
      assertProblem(400, "malformed_json", slow.getFirst().send(" ").read());
      slow.forEach(RawHttp::close);
      TestService.await(
          "all of it is given back",
          () -> {
            try (RawHttp next = connect(service)) {
              return next.send(largeBody() + " ").read().status() == 400;
            }
          });
      assertTrue(service.log().lines().noneMatch(line -> line.contains("OutOfMemory")));
    }
  }

  private static RawHttp connect(ServiceProcess service) {
    try {
      Socket socket = new Socket("localhost", service.port());
      socket.setSoTimeout(30_000);
      return new RawHttp(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All of it but the last byte. */
  private static String largeBody() {
    return start() + "Content-Length: 60000\r\n\r\n" + " ".repeat(59_999);
  }

  private static String largeHeaders() {
    return start() + "X: " + "a".repeat(15_000);
  }

  private static String start() {
    return "PUT %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
            .formatted(Api.PATH, TestService.identity().token("user"))
        + "Content-Type: application/json\r\n";
  }
}
