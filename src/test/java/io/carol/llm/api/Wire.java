package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.carol.llm.testing.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Requests that no HTTP client would send, byte for byte. */
final class Wire {
  private Wire() {}

  /** Sends the text as ISO 8859-1 and reads until the service closes the connection. */
  static Reply exchange(Socket socket, String request) {
    try (socket) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      socket.shutdownOutput();
      return parse(new String(socket.getInputStream().readAllBytes(), ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Reply parse(String response) {
    int end = response.indexOf("\r\n\r\n");
    if (end < 0) {
      throw new AssertionError("Not one HTTP response: " + response);
    }
    List<String> lines = response.substring(0, end).lines().toList();
    Map<String, List<String>> headers = new TreeMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] header = line.split(": *", 2);
      headers
          .computeIfAbsent(header[0].toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(header[1]);
    }
    int status = Integer.parseInt(lines.getFirst().split(" ", 3)[1]);
    return new Reply(status, headers, response.substring(end + 4));
  }
}
