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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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
          "json", "application/json",
          "svg", "image/svg+xml",
          "txt", "text/plain; charset=utf-8",
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
  // The build puts compressed files beside a file, with these suffixes. Sorted, so that br comes
  // before gzip.
  private static final Map<String, String> SUFFIXES =
      new TreeMap<>(Map.of("br", ".br", "gzip", ".gz"));
  private static final Pattern WEIGHT_OF_ZERO = Pattern.compile(";q=0(\\.0*)?$");

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
    for (Map.Entry<String, String> coding : SUFFIXES.entrySet()) {
      byte[] compressed = accepts(request, coding.getKey()) ? file(name + coding.getValue()) : null;
      if (compressed != null) {
        response.header(HeaderNames.CONTENT_ENCODING, coding.getKey());
        Responses.send(request, response, compressed);
        return;
      }
    }
    Responses.send(request, response, file);
  }

  /** RFC 9110 §12.5.3: a coding of weight 0 is not acceptable, and x-gzip is gzip (§8.4.1.3). */
  private static boolean accepts(ServerRequest request, String coding) {
    return request.headers().values(HeaderNames.ACCEPT_ENCODING).stream()
        .map(element -> element.toLowerCase(Locale.ROOT).replaceAll("^\\s*x-|\\s", ""))
        .anyMatch(element ->
            element.split(";", 2)[0].equals(coding) && !WEIGHT_OF_ZERO.matcher(element).find());
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
