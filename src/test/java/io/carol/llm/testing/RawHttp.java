package io.carol.llm.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A connection on which a test sends bytes as they are, and reads responses that have to be framed
 * exactly (RFC 9112 §6): a byte too many or too few fails the next one.
 */
public final class RawHttp implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;
  private @Nullable IOException sendingFailed;

  /** Takes over a connection. */
  public RawHttp(Socket socket) {
    this.socket = socket;
    try {
      in = new BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      throw new AssertionError("no connection", e);
    }
  }

  /**
   * Sends characters as bytes, each of them one (ISO 8859-1), or as many of them as the server
   * takes: it may have answered and closed the connection already.
   */
  public RawHttp send(String bytes) {
    try {
      socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
    } catch (IOException e) {
      sendingFailed = e;
    }
    return this;
  }

  /** Says that nothing more will be sent; responses can still be read. */
  public RawHttp finish() {
    try {
      socket.shutdownOutput();
      return this;
    } catch (IOException e) {
      throw new AssertionError("The connection is closed", e);
    }
  }

  /** Vanishes: the server gets a reset instead of an end. */
  public void abort() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      throw new AssertionError("The connection is closed", e);
    }
  }

  /** Whether bytes of a response have arrived that were not read yet. */
  public boolean hasAnswer() {
    try {
      return in.available() > 0;
    } catch (IOException e) {
      throw new AssertionError("The connection is closed", e);
    }
  }

  /** The next response, to a request other than HEAD. */
  public Reply read() {
    return required(next(true));
  }

  /** The next response, to a HEAD request. */
  public Reply readHead() {
    return required(next(false));
  }

  /** Every response from here on, until the server closes the connection. */
  public List<Reply> readAll() {
    List<Reply> replies = new ArrayList<>();
    for (Reply reply = next(true); reply != null; reply = next(true)) {
      replies.add(reply);
    }
    return replies;
  }

  /** The one response that is left; it announces the end of the connection, which follows. */
  public Reply readLast() {
    List<Reply> replies = readAll();
    if (replies.size() != 1 || !replies.getFirst().header("connection").equals("close")) {
      throw new AssertionError("responses: " + replies, sendingFailed);
    }
    return replies.getFirst();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Reply required(@Nullable Reply reply) {
    if (reply == null) {
      throw new AssertionError(
          "The server closed the connection without a response", sendingFailed);
    }
    return reply;
  }

  private @Nullable Reply next(boolean withBody) {
    try {
      String statusLine = firstLine();
      if (statusLine == null) {
        return null;
      }
      if (!statusLine.matches("HTTP/1\\.1 [1-5][0-9]{2} [ -~]+")) {
        throw new AssertionError("This is no status line: " + statusLine);
      }
      int status = Integer.parseInt(statusLine.substring(9, 12));
      Map<String, List<String>> headers = headers();
      boolean bodiless = !withBody || status < 200 || status == 204 || status == 304;
      return new Reply(status, headers, bodiless ? "" : new String(body(headers), UTF_8));
    } catch (IOException e) {
      throw new AssertionError("The response is not complete", e);
    }
  }

  /** Null at the end of the connection; a reset is one as well, once a response is complete. */
  private @Nullable String firstLine() throws IOException {
    int first;
    try {
      first = in.read();
    } catch (SocketException e) {
      return null;
    }
    return first < 0 ? null : (char) first + line();
  }

  private Map<String, List<String>> headers() throws IOException {
    Map<String, List<String>> headers = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon < 1) {
        throw new AssertionError("This is no header: " + line);
      }
      headers
          .computeIfAbsent(
              line.substring(0, colon).toLowerCase(Locale.ROOT), n -> new ArrayList<>())
          .add(line.substring(colon + 1).strip());
    }
    return headers;
  }

  private byte[] body(Map<String, List<String>> headers) throws IOException {
    List<String> lengths = headers.getOrDefault("content-length", List.of());
    List<String> codings = headers.getOrDefault("transfer-encoding", List.of());
    if (codings.equals(List.of("chunked")) && lengths.isEmpty()) {
      return chunks();
    }
    if (lengths.size() != 1 || !codings.isEmpty()) {
      throw new AssertionError("The end of the response is not told: " + headers);
    }
    return bytes(Integer.parseInt(lengths.getFirst()));
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int size;
    do {
      size = Integer.parseInt(line(), 16);
      all.writeBytes(bytes(size));
      if (!line().isEmpty()) {
        throw new AssertionError("A chunk does not end where its size says");
      }
    } while (size > 0);
    return all.toByteArray();
  }

  private byte[] bytes(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new AssertionError("The body ends after " + bytes.length + " of " + length + " bytes");
    }
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\r'; c = in.read()) {
      if (c < 0 || c == '\n') {
        throw new AssertionError("A line does not end in CR LF: " + line);
      }
      line.append((char) c);
    }
    if (in.read() != '\n') {
      throw new AssertionError("CR without LF after: " + line);
    }
    return line.toString();
  }
}
