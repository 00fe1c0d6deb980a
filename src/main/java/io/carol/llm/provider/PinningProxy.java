package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy on the loopback interface that connects to addresses decided beforehand. It is how
 * the JDK's HttpClient, which resolves names itself, is made to connect to a given address and yet
 * to check the certificate for the name.
 *
 * <p>It looks no name up. Where a request goes is said by its ticket, which only this process knows
 * and which is void once the request is answered: to other programs on the machine the proxy is of
 * no use, and closes without a word. {@code https} goes through a tunnel (RFC 9110 section 9.3.6);
 * of {@code http} it takes one request a connection, since the client would use a connection to a
 * proxy for requests to any host.
 */
final class PinningProxy implements AutoCloseable {
  /** A Proxy-* header of the request stays between client and proxy. */
  static final String TICKET_HEADER = "Proxy-Authorization";

  private static final String SCHEME = "Ticket ";
  private static final String CLOSE = "Connection: close\r\n";
  private static final String END = "\r\n";
  private static final Set<String> OF_ONE_CONNECTION =
      Set.of("connection", "upgrade", "http2-settings");
  private static final int TICKET_BYTES = 16;
  private static final int MAX_LINE = 65_536;
  private static final int MAX_LINES = 1_000;
  // As the JDK's client: either side may be hostile, and many of them at once.
  private static final int MAX_HEAD = 384 * 1024;
  private static final int PIECE_BYTES = 8 * 1024;
  private static final Pattern STATUS =
      Pattern.compile("HTTP/1\\.[01] [1-9][0-9]{2}(?: [^\r\n]*)?\r?\n");
  private static final int STATUS_CODE = 9;
  private static final int REQUEST_MILLIS = 10_000;
  private static final long PAUSE_NANOS = 10_000_000;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final ServerSocket listener;
  private final Map<String, Pin> pins = new ConcurrentHashMap<>();

  PinningProxy() throws IOException {
    listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  /** Lets the requests that carry this ticket through to one of these addresses, until closed. */
  final class Pin implements AutoCloseable {
    private final String ticket;
    private final List<InetSocketAddress> addresses;
    private final Duration timeout;
    private volatile @Nullable String failure;

    private Pin(String ticket, List<InetSocketAddress> addresses, Duration timeout) {
      this.ticket = ticket;
      this.addresses = addresses;
      this.timeout = timeout;
    }

    String ticket() {
      return ticket;
    }

    /** Why no address could be connected to; null when one could, or when there was no need. */
    @Nullable String failure() {
      return failure;
    }

    private Socket connect() throws IOException {
      List<String> reasons = new ArrayList<>();
      for (InetSocketAddress address : addresses) {
        Socket server = new Socket();
        try {
          server.connect(address, Math.toIntExact(timeout.toMillis()));
          server.setTcpNoDelay(true);
          return server;
        } catch (IOException e) {
          server.close();
          String ip = address.getAddress().getHostAddress();
          reasons.add("%s port %d: %s".formatted(ip, address.getPort(), e.getMessage()));
        }
      }
      String all = String.join("; ", reasons);
      failure = all;
      throw new ConnectException(all);
    }

    @Override
    public void close() {
      pins.remove(ticket);
    }
  }

  Pin pin(List<InetSocketAddress> addresses, Duration timeout) {
    byte[] random = new byte[TICKET_BYTES];
    RANDOM.nextBytes(random);
    Pin pin = new Pin(SCHEME + HexFormat.of().formatHex(random), addresses, timeout);
    pins.put(pin.ticket, pin);
    return pin;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Thread.startVirtualThread(() -> serve(client));
      } catch (IOException e) {
        // Closed, or out of file descriptors until somebody gives one back.
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      client.setSoTimeout(REQUEST_MILLIS);
      InputStream fromClient = new BufferedInputStream(client.getInputStream());
      List<String> head = head(fromClient);
      Pin pin = pins.get(header(head, TICKET_HEADER));
      if (pin == null) {
        return;
      }
      try (Socket server = pin.connect()) {
        client.setSoTimeout(0);
        boolean tunnel = head.getFirst().startsWith("CONNECT ");
        if (tunnel) {
          write(client, "HTTP/1.1 200 OK\r\n" + END);
        } else {
          write(server, forServer(head));
        }
        Thread.startVirtualThread(() -> answer(server, client, tunnel));
        // The client closes both directions at once, so nothing is wanted after this.
        if (tunnel) {
          fromClient.transferTo(server.getOutputStream());
        } else {
          onlyBody(head, fromClient, server.getOutputStream());
        }
      }
    } catch (IOException e) {
      // One side is gone, and the client tells whoever waits for the answer.
    }
  }

  private static void answer(Socket server, Socket client, boolean tunnel) {
    try {
      InputStream fromServer = new BufferedInputStream(server.getInputStream());
      if (!tunnel) {
        String status = status(fromServer);
        while (status.charAt(STATUS_CODE) == '1') {
          write(client, status + String.join("", head(fromServer)) + END);
          status = status(fromServer);
        }
        List<String> head = head(fromServer);
        if (!head.isEmpty() && Character.isWhitespace(head.getFirst().charAt(0))) {
          throw new IOException("A first header that would continue what stands before it");
        }
        // Or the client would keep the connection for a request to another host.
        write(client, status + CLOSE + String.join("", head) + END);
      }
      fromServer.transferTo(client.getOutputStream());
      client.shutdownOutput();
    } catch (IOException e) {
      close(client);
    }
  }

  /**
   * Passes the body of a request on, and waits for the client to close. What else it sends is for
   * another host: whatever the server answered, it gets nothing of that.
   */
  private static void onlyBody(List<String> head, InputStream from, OutputStream to)
      throws IOException {
    if (header(head, "Transfer-Encoding").isEmpty()) {
      String length = header(head, "Content-Length");
      pass(from, to, length.isEmpty() ? 0 : Long.parseLong(length));
    } else {
      long size;
      do {
        String line = line(from);
        size = Long.parseLong(line.strip(), 16);
        to.write(line.getBytes(ISO_8859_1));
        pass(from, to, size + END.length());
      } while (size > 0);
    }
    if (from.read() >= 0) {
      throw new IOException("A second request on a connection for one");
    }
  }

  private static void pass(InputStream from, OutputStream to, long count) throws IOException {
    byte[] piece = new byte[PIECE_BYTES];
    long left = count;
    while (left > 0) {
      int read = from.read(piece, 0, (int) Math.min(piece.length, left));
      if (read < 0) {
        throw new EOFException("A body without its end");
      }
      to.write(piece, 0, read);
      left -= read;
    }
  }

  /** The first line of an answer; the client would read more than these as one, and otherwise. */
  private static String status(InputStream in) throws IOException {
    String line = line(in);
    if (!STATUS.matcher(line).matches()) {
      throw new IOException("An answer that is not HTTP/1.1");
    }
    return line;
  }

  /** The request as a server that is no proxy expects it, for this connection alone. */
  private static String forServer(List<String> head) {
    String[] start = head.getFirst().split(" ", 3);
    URI target = URI.create(start[1]);
    StringBuilder request = new StringBuilder(start[0]).append(' ');
    request.append(target.getRawPath().isEmpty() ? "/" : target.getRawPath());
    if (target.getRawQuery() != null) {
      request.append('?').append(target.getRawQuery());
    }
    request.append(' ').append(start[2]);
    for (String line : head.subList(1, head.size())) {
      String name = name(line);
      if (!name.startsWith("proxy-") && !OF_ONE_CONNECTION.contains(name)) {
        request.append(line);
      }
    }
    return request + CLOSE + END;
  }

  private static String header(List<String> head, String name) {
    return head.stream()
        .skip(1)
        .filter(line -> name(line).equals(name.toLowerCase(Locale.ROOT)))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse("");
  }

  private static String name(String line) {
    return line.substring(0, Math.max(0, line.indexOf(':'))).toLowerCase(Locale.ROOT);
  }

  /** The lines up to the empty one, with their ends. */
  private static List<String> head(InputStream in) throws IOException {
    List<String> lines = new ArrayList<>();
    int size = 0;
    for (String line = line(in); !line.isBlank(); line = line(in)) {
      lines.add(line);
      size += line.length();
      if (lines.size() > MAX_LINES || size > MAX_HEAD) {
        throw new IOException("Too many lines before the body");
      }
    }
    return lines;
  }

  /** A line with its end. */
  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int octet = 0;
    while (octet != '\n') {
      octet = in.read();
      if (octet < 0 || line.size() >= MAX_LINE) {
        throw new EOFException("A line without an end");
      }
      line.write(octet);
    }
    return line.toString(ISO_8859_1);
  }

  private static void write(Socket to, String text) throws IOException {
    to.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  private static void close(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes no more requests. */
  @Override
  public void close() {
    close(listener);
  }
}
