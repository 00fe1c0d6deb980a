package io.carol.llm.auth;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tells requests of this site's own pages from those of other sites, which a browser sends with the
 * session cookie too (cross-site request forgery). Thread-safe.
 *
 * <p>{@code Sec-Fetch-Site} (W3C Fetch Metadata), when it is sent, must be {@code same-origin};
 * {@code Origin} (RFC 6454 §7), when it is sent, must have the host and port of {@code Host}; at
 * least one of the two must be sent. Browsers leave {@code Sec-Fetch-Site} out over plain http.
 * Without it, an {@code http} Origin is refused when the request came by https. A forwarding header
 * says so, or a cookie name whose prefix browsers send over https only. A page of another site can
 * remove neither.
 */
final class SameOrigin {
  private static final Set<Method> SAFE_METHODS = Set.of(Method.GET, Method.HEAD, Method.OPTIONS);
  private static final HeaderName SEC_FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
  private static final Pattern ORIGIN =
      Pattern.compile("(https?)://([^/?#@]+)", Pattern.CASE_INSENSITIVE);
  private static final Pattern NOT_PRINTABLE_ASCII = Pattern.compile("[^ -~]");
  private static final int MAX_SHOWN_LENGTH = 100;

  private final boolean cookieIsForHttps;

  SameOrigin(String cookieName) {
    cookieIsForHttps = cookieName.startsWith("__Host-") || cookieName.startsWith("__Secure-");
  }

  /**
   * Returns for a method that changes nothing (RFC 9110 §9.2.1), and for a page of this site.
   *
   * @throws ProblemException of type {@link ProblemType#FORBIDDEN} for any other request; it names
   *     Host and Origin as they arrived
   */
  void require(ServerRequest request) {
    if (SAFE_METHODS.contains(request.prologue().method())) {
      return;
    }
    List<String> sites = request.headers().all(SEC_FETCH_SITE, List::of);
    List<String> origins = request.headers().all(HeaderNames.ORIGIN, List::of);
    List<String> hosts = request.headers().all(HeaderNames.HOST, List::of);
    boolean browserSaysSo = sites.equals(List.of("same-origin"));
    boolean originAgrees =
        origins.size() == 1
            && hosts.size() == 1
            && isOriginOf(origins.getFirst(), hosts.getFirst(), browserSaysSo || !isHttps(request));
    if (browserSaysSo ? origins.isEmpty() || originAgrees : sites.isEmpty() && originAgrees) {
      return;
    }
    throw new ProblemException(
        ProblemType.FORBIDDEN,
        "With the session cookie, changes are accepted from this site's own pages only. This"
            + " request came with Host "
            + shown(hosts)
            + " and Origin "
            + shown(origins)
            + ". If it came from this site's page, set the proxy to pass on the host and scheme that"
            + " the browser uses (nginx: proxy_set_header Host $http_host; proxy_set_header"
            + " X-Forwarded-Proto $scheme;). A program sends a bearer token instead.");
  }

  private boolean isHttps(ServerRequest request) {
    return cookieIsForHttps
        || Stream.of(HeaderNames.X_FORWARDED_PROTO, HeaderNames.FORWARDED)
            .flatMap(name -> request.headers().all(name, List::of).stream())
            .anyMatch(value -> value.toLowerCase(Locale.ROOT).contains("https"));
  }

  private static boolean isOriginOf(String origin, String host, boolean httpCounts) {
    Matcher parts = ORIGIN.matcher(origin);
    if (!parts.matches()) {
      return false;
    }
    boolean https = parts.group(1).equalsIgnoreCase("https");
    String defaultPort = https ? ":443$" : ":80$";
    return (https || httpCounts)
        && parts
            .group(2)
            .replaceFirst(defaultPort, "")
            .equalsIgnoreCase(host.replaceFirst(defaultPort, ""));
  }

  private static String shown(List<String> values) {
    String text = NOT_PRINTABLE_ASCII.matcher(String.join(", ", values)).replaceAll("?");
    return text.isEmpty()
        ? "(none)"
        : '"' + text.substring(0, Math.min(text.length(), MAX_SHOWN_LENGTH)) + '"';
  }
}
