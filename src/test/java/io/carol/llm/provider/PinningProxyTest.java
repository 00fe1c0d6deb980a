package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What another program on the machine gets out of the proxy: nothing. */
final class PinningProxyTest {
  private static final String VOID = "Ticket 00112233445566778899aabbccddeeff";

  private static String answer(PinningProxy proxy, String request) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(proxy.address());
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n",
        "CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization:\r\n\r\n",
        "CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Ticket \r\n\r\n",
        "CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: " + VOID + "\r\n\r\n",
        "GET http://%s/ HTTP/1.1\r\nHost: %s\r\n\r\n",
        "GET http://%s/ HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: " + VOID + "\r\n\r\n",
        "\r\n\r\n",
        "nothing\r\n\r\n"
      })
  void nobodyWithoutATicketGetsThroughOrAnAnswer(String request) throws IOException {
    try (PinningProxy proxy = new PinningProxy();
        ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        PinningProxy.Pin somebodyElses = pin(proxy, server)) {
      String authority = "127.0.0.1:" + server.getLocalPort();
      assertTrue(somebodyElses.ticket().startsWith("Ticket "));
      assertEquals("", answer(proxy, request.replace("%s", authority)));
      assertUntouched(server);
    }
  }

  @Test
  void aTicketIsVoidOnceItsRequestIsAnswered() throws IOException {
    try (PinningProxy proxy = new PinningProxy();
        ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      PinningProxy.Pin pin = pin(proxy, server);
      String request = "CONNECT x:1 HTTP/1.1\r\nProxy-Authorization: " + pin.ticket() + "\r\n\r\n";
      pin.close();
      assertEquals("", answer(proxy, request));
      assertUntouched(server);
    }
  }

  @Test
  void aTicketLeadsToItsOwnAddressWhateverTheRequestSays() throws IOException {
    try (PinningProxy proxy = new PinningProxy();
        ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        PinningProxy.Pin pin = pin(proxy, server);
        Socket client = new Socket()) {
      client.connect(proxy.address());
      client.setSoTimeout(30_000);
      new RawHttp(client)
          .send(
              "CONNECT 169.254.169.254:80 HTTP/1.1\r\nProxy-Authorization: "
                  + pin.ticket()
                  + "\r\n\r\n");
      try (Socket accepted = server.accept()) {
        accepted.getOutputStream().write('!');
        String answer = new String(client.getInputStream().readNBytes(20), US_ASCII);
        assertEquals("HTTP/1.1 200 OK\r\n\r\n!", answer);
      }
    }
  }

  private static PinningProxy.Pin pin(PinningProxy proxy, ServerSocket server) {
    return proxy.pin(
        List.of((InetSocketAddress) server.getLocalSocketAddress()), Duration.ofSeconds(10));
  }

  private static void assertUntouched(ServerSocket server) throws IOException {
    try (Socket own = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket first = server.accept()) {
      assertEquals(own.getLocalPort(), first.getPort(), "nobody connected before");
    }
  }
}
