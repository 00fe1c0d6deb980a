package io.carol.llm.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carol.llm.http.Responses;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The settings page and its assets, kept in memory. Thread-safe.
 *
 * <p>Helidon's static content feature is not used: it does not send the compressed files that the
 * build makes, sets no header by file, and cannot put an address into {@code index.html}.
 */
public final class Page implements HttpService {
  private static final String INDEX = "/index.html";
  private static final String SIGN_IN = "<meta name=\"carol-sign-in\" content=\"";
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
  private static final Header VARY = HeaderValues.createCached(HeaderNames.VARY, "Accept-Encoding");
  private static final List<Coding> CODINGS =
      List.of(Coding.of("br", ".br"), Coding.of("gzip", ".gz"));

  /**
   * A compression that the build applies to files.
   *
   * @param suffix of the compressed file beside the plain one
   * @param accepted an element of Accept-Encoding that allows it; a weight of 0 does not (RFC 9110
   *     §12.5.3)
   */
  private record Coding(String name, String suffix, Pattern accepted) {
    static Coding of(String name, String suffix) {
      String weight = "(;\\s*q=(?!0(\\.0*)?$)[0-9.]+)?";
      return new Coding(
          name,
          suffix,
          Pattern.compile("(x-)?" + name + "\\s*" + weight, Pattern.CASE_INSENSITIVE));
    }

    boolean isAccepted(ServerRequest request) {
      return request.headers().values(HeaderNames.ACCEPT_ENCODING).stream()
          .anyMatch(element -> accepted.matcher(element.strip()).matches());
    }
  }

  private final Optional<String> signInUrl;
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();

  /**
   * @param signInUrl where the page sends a person who is not signed in
   */
  public Page(Optional<String> signInUrl) {
    this.signInUrl = signInUrl;
  }

  /** Adds the routes. They have to be the last, since they answer what no other route does. */
  @Override
  public void routing(HttpRules rules) {
    rules.get("/*", this::answer).head("/*", this::answer);
  }

  private void answer(ServerRequest request, ServerResponse response) {
    String path = request.path().rawPath();
    String name = path.equals("/") ? INDEX : path;
    byte[] file =
        FILE.matcher(name).matches() && TYPES.containsKey(extension(name)) ? file(name) : null;
    if (file != null) {
      send(request, response, name, file);
    } else if (isAddressInPage(request, path)) {
      response.status(Status.FOUND_302).header(HeaderNames.LOCATION, toRoot(path)).send();
    } else {
      response.next();
    }
  }

  private void send(ServerRequest request, ServerResponse response, String name, byte[] file) {
    response.header(HeaderNames.CONTENT_TYPE, TYPES.get(extension(name)));
    response.header(CONTENT_SECURITY_POLICY);
    response.headers().add(VARY);
    if (name.startsWith("/assets/")) {
      response.header(IMMUTABLE);
    }
    for (Coding coding : CODINGS) {
      byte[] compressed = coding.isAccepted(request) ? file(name + coding.suffix) : null;
      if (compressed != null) {
        response.header(HeaderNames.CONTENT_ENCODING, coding.name);
        Responses.send(request, response, compressed);
        return;
      }
    }
    Responses.send(request, response, file);
  }

  /** A person may open any address; a program that asks in vain gets a problem. */
  private static boolean isAddressInPage(ServerRequest request, String path) {
    return !path.contains(".")
        && !FOR_PROGRAMS.matcher(path).matches()
        && request.headers().first(HeaderNames.ACCEPT).orElse("").contains("text/html");
  }

  /** Relative, since a proxy may have taken a prefix off the path. */
  private static String toRoot(String path) {
    long folders = path.chars().skip(1).filter(c -> c == '/').count();
    return folders == 0 ? "./" : "../".repeat((int) folders);
  }

  private byte @Nullable [] file(String name) {
    // A file that is not there is not kept: clients can make up any number of names.
    return files.computeIfAbsent(name, this::read);
  }

  private byte @Nullable [] read(String name) {
    try (InputStream stream = Page.class.getResourceAsStream("/web" + name)) {
      byte[] file = stream == null ? null : stream.readAllBytes();
      return file == null || !name.equals(INDEX)
          ? file
          : withSignInUrl(new String(file, UTF_8), signInUrl.orElse("")).getBytes(UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String withSignInUrl(String index, String url) {
    String escaped = url.replace("&", "&amp;").replace("\"", "&quot;");
    return index.replace(SIGN_IN, SIGN_IN + escaped);
  }

  private static String extension(String file) {
    return file.substring(file.lastIndexOf('.') + 1);
  }
}
