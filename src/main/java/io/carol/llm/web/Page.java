package io.carol.llm.web;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends the page and its assets from memory. Read from the class path and not from a file system,
 * so that the container's can be read-only.
 */
public final class Page {
  private static final String INDEX = "/index.html";
  private static final Pattern FILE =
      Pattern.compile("(/assets)?/[A-Za-z0-9_-]+(\\.[A-Za-z0-9]+)+");
  private static final Pattern FOR_PROGRAMS = Pattern.compile("/(api|openapi)(/.*)?");
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png");
  private static final Header CONTENT_SECURITY_POLICY =
      HeaderValues.createCached(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
              + " connect-src 'self'; base-uri 'none'; form-action 'none';"
              + " frame-ancestors 'none'");
  // The name of an asset holds a hash of its content.
  private static final Header IMMUTABLE =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "public, max-age=31536000, immutable");
  private static final Header GZIP =
      HeaderValues.createCached(HeaderNames.CONTENT_ENCODING, "gzip");
  private static final Header VARY = HeaderValues.createCached(HeaderNames.VARY, "Accept-Encoding");

  private final Map<String, byte[]> plain = new ConcurrentHashMap<>();
  private final Map<String, byte[]> zipped = new ConcurrentHashMap<>();

  /** Adds the routes; to be called after those of programs' resources. */
  public void register(HttpRouting.Builder routing) {
    routing.get("/*", this::send);
  }

  private void send(ServerRequest request, ServerResponse response) {
    String path = request.path().rawPath();
    String file = FILE.matcher(path).matches() ? path : INDEX;
    // A file that is not there is not remembered: anybody can ask for any number of those.
    byte[] content =
        file.equals(path) || isPageAddress(request, path)
            ? plain.computeIfAbsent(file, Page::read)
            : null;
    if (content == null) {
      response.next();
      return;
    }
    response.header(HeaderNames.CONTENT_TYPE, TYPES.get(extension(file)));
    response.header(CONTENT_SECURITY_POLICY);
    response.header(VARY);
    if (file.startsWith("/assets/")) {
      response.header(IMMUTABLE);
    }
    if (request.headers().first(HeaderNames.ACCEPT_ENCODING).orElse("").contains("gzip")) {
      response.header(GZIP).send(zipped.computeIfAbsent(file, f -> zip(content)));
    } else {
      response.send(content);
    }
  }

  /** Every address a person opens is the page's; what programs ask for in vain is a problem. */
  private static boolean isPageAddress(ServerRequest request, String path) {
    return path.equals("/")
        || (!path.contains(".")
            && !FOR_PROGRAMS.matcher(path).matches()
            && request.headers().first(HeaderNames.ACCEPT).orElse("").contains("text/html"));
  }

  private static byte @Nullable [] read(String file) {
    if (!TYPES.containsKey(extension(file))) {
      return null;
    }
    try (InputStream stream = Page.class.getResourceAsStream("/web" + file)) {
      return stream == null ? null : stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] zip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
      zip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static String extension(String file) {
    return file.substring(file.lastIndexOf('.') + 1);
  }
}
