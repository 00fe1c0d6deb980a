package io.carol.llm.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client sends, with the chunks of a body taken strictly (RFC 9112 §7.1). Helidon's own
 * reading takes {@code +5} for a size and any two bytes for the end of a chunk, reads a size of any
 * length, and goes on after one it does not understand, all of which smuggles requests past a
 * proxy. Here every chunk has to be well-formed, extensions and trailers are ignored, and after a
 * mistake the connection yields nothing any more.
 *
 * <p>Relies on how {@code Http1Connection} reads a chunk: {@code readLine()} for its size, {@code
 * readBuffer(size)}, {@code skip(2)}; and {@code readLine()} once more after the last one.
 */
final class StrictReader extends DataReader {
  private static final int MAX_LINE_BYTES = 1024;
  private static final int MAX_TRAILERS = 32;
  // A chunk is handed on in pieces: Helidon keeps what it asks for in memory at once.
  private static final int MAX_PIECE_BYTES = 8 * 1024;
  private static final Pattern SIZE = Pattern.compile("([0-9A-Fa-f]{1,15})([ \t]*;[\t -~]*)?");
  private static final Pattern TRAILER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+:[\t -~]*");

  private boolean fresh = true;
  private boolean lost;
  private boolean afterLastChunk;
  private long chunk;
  private long piece;

  StrictReader(Supplier<byte[]> connection) {
    super(connection);
  }

  @Override
  public void ensureAvailable() {
    if (lost) {
      throw new CloseConnectionException("What follows a malformed message is not read");
    }
    super.ensureAvailable();
    if (fresh) {
      fresh = false;
      byte first = lookup();
      if (first <= ' ' || first > '~') {
        // TLS, most of all: its client waits for an answer, not for the rest of a line.
        throw malformed("This is not HTTP");
      }
    }
  }

  @Override
  public String readLine() {
    if (afterLastChunk) {
      afterLastChunk = false;
      skipTrailers();
      return "";
    }
    if (chunk == 0) {
      Matcher size = SIZE.matcher(line());
      if (!size.matches()) {
        throw malformed("The size of a chunk is malformed");
      }
      chunk = Long.parseLong(size.group(1), 16);
      if (chunk > RequestFilter.MAX_DRAINED_BYTES) {
        throw refused(Status.REQUEST_ENTITY_TOO_LARGE_413, "A chunk is too large");
      }
      afterLastChunk = chunk == 0;
    }
    piece = Math.min(chunk, MAX_PIECE_BYTES);
    return Long.toHexString(piece);
  }

  @Override
  public BufferData readBuffer(int length) {
    BufferData data = getBuffer(length);
    super.skip(length);
    chunk -= piece;
    return data;
  }

  @Override
  public void skip(int length) {
    if (piece == 0) {
      super.skip(length);
      return;
    }
    piece = 0;
    if (chunk == 0 && (read() != '\r' || read() != '\n')) {
      throw malformed("A chunk is longer than its size");
    }
  }

  /**
   * Nothing. Helidon writes it into exceptions, from where keys and tokens would get into the log,
   * and waits for something to write where there is nothing.
   */
  @Override
  public String debugDataHex() {
    return "";
  }

  private void skipTrailers() {
    for (int count = 0; count <= MAX_TRAILERS; count++) {
      String line = line();
      if (line.isEmpty()) {
        return;
      }
      if (!TRAILER.matcher(line).matches()) {
        throw malformed("A trailer is malformed");
      }
    }
    throw malformed("There are too many trailers");
  }

  private String line() {
    int end;
    try {
      end = findNewLine(MAX_LINE_BYTES);
    } catch (IncorrectNewLineException e) {
      throw malformed("A line of the body does not end in CR LF");
    }
    if (end == MAX_LINE_BYTES) {
      throw malformed("A line of the body is too long");
    }
    String line = readAsciiString(end);
    super.skip(2);
    return line;
  }

  private RequestException malformed(String message) {
    return refused(Status.BAD_REQUEST_400, message);
  }

  private RequestException refused(Status status, String message) {
    lost = true;
    return RequestException.builder()
        .type(DirectHandler.EventType.BAD_REQUEST)
        .status(status)
        .message(message)
        .setKeepAlive(false)
        .build();
  }
}
