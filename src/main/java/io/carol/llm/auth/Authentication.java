package io.carol.llm.auth;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.UserId;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets a request on only with a good token, and registers its {@link UserId} in the request's
 * context. Thread-safe.
 *
 * <p>The token comes from the one {@code Authorization: Bearer} header (RFC 6750 §2.1) or, without
 * any such header, from the one session cookie; never from the URL. A browser sends the cookie by
 * itself, so with it a method that may change something must come from this very origin, by {@code
 * Sec-Fetch-Site} and {@code Origin}.
 *
 * <p>Ends the request with {@link ProblemType#UNAUTHENTICATED}, {@link ProblemType#FORBIDDEN} or
 * {@link ProblemType#IDENTITY_PROVIDER_UNAVAILABLE}.
 */
public final class Authentication implements Handler {
  private static final System.Logger LOGGER = System.getLogger(Authentication.class.getName());

  private static final Set<Method> SAFE_METHODS = Set.of(Method.GET, Method.HEAD, Method.OPTIONS);
  private static final Pattern BEARER = Pattern.compile("Bearer +", Pattern.CASE_INSENSITIVE);
  private static final Pattern SEMICOLON = Pattern.compile(";");
  private static final HeaderName SEC_FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
  private static final Pattern ORIGIN =
      Pattern.compile("(https?)://([^/?#@]+)", Pattern.CASE_INSENSITIVE);

  private final TokenVerifier verifier;
  private final String cookieName;

  /**
   * @param cookieName name of the session cookie, which holds the token as it is
   */
  public Authentication(TokenVerifier verifier, String cookieName) {
    this.verifier = verifier;
    this.cookieName = cookieName;
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) {
    request.context().register(new UserId(userId(request)));
    response.next();
  }

  private String userId(ServerRequest request) {
    try {
      return verifier.userId(token(request));
    } catch (UnauthenticatedException e) {
      LOGGER.log(Level.DEBUG, "Not authenticated: {0}", e.getMessage());
      throw new ProblemException(
          ProblemType.UNAUTHENTICATED,
          "Sign in first: send a valid bearer token or session cookie.");
    } catch (IdentityProviderUnavailableException e) {
      throw new ProblemException(
          ProblemType.IDENTITY_PROVIDER_UNAVAILABLE,
          "The identity provider's keys cannot be read right now. Try again in a moment.");
    }
  }

  private String token(ServerRequest request) {
    List<String> authorizations = all(request, HeaderNames.AUTHORIZATION);
    if (authorizations.isEmpty()) {
      String token = cookie(request);
      requireSameOrigin(request);
      return token;
    }
    Matcher bearer = BEARER.matcher(authorizations.getFirst());
    if (authorizations.size() == 1 && bearer.lookingAt()) {
      // Whether it looks like a token is for the verifier, which has to look at new ones only.
      return authorizations.getFirst().substring(bearer.end());
    }
    throw new UnauthenticatedException("Authorization not one bearer token");
  }

  /**
   * By RFC 6265 §5.4, as browsers send it. Helidon's own parsing honours quotes and commas, so that
   * a quote in one cookie hides the others: a neighbouring site could slip in its session.
   */
  private String cookie(ServerRequest request) {
    String start = cookieName + "=";
    List<String> values =
        all(request, HeaderNames.COOKIE).stream()
            .flatMap(header -> SEMICOLON.splitAsStream(header))
            .map(String::strip)
            .filter(pair -> pair.startsWith(start))
            .map(pair -> pair.substring(start.length()))
            .toList();
    if (values.size() != 1) {
      throw new UnauthenticatedException("neither Authorization nor one session cookie");
    }
    return values.getFirst();
  }

  private static void requireSameOrigin(ServerRequest request) {
    if (SAFE_METHODS.contains(request.prologue().method())) {
      return;
    }
    List<String> sites = all(request, SEC_FETCH_SITE);
    List<String> origins = all(request, HeaderNames.ORIGIN);
    List<String> hosts = all(request, HeaderNames.HOST);
    boolean told = !sites.isEmpty() || !origins.isEmpty();
    boolean siteAgrees = sites.isEmpty() || sites.equals(List.of("same-origin"));
    boolean originAgrees =
        origins.isEmpty()
            || (origins.size() == 1
                && hosts.size() == 1
                && isOriginOf(origins.getFirst(), hosts.getFirst()));
    if (!told || !siteAgrees || !originAgrees) {
      throw new ProblemException(
          ProblemType.FORBIDDEN,
          "With the session cookie, changes are accepted from this site's own pages only. Send a"
              + " bearer token instead.");
    }
  }

  private static boolean isOriginOf(String origin, String host) {
    Matcher parts = ORIGIN.matcher(origin);
    if (!parts.matches()) {
      return false;
    }
    String defaultPort = parts.group(1).equalsIgnoreCase("https") ? ":443" : ":80";
    return withoutSuffix(parts.group(2), defaultPort)
        .equalsIgnoreCase(withoutSuffix(host, defaultPort));
  }

  private static String withoutSuffix(String text, String suffix) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private static List<String> all(ServerRequest request, HeaderName name) {
    return request.headers().all(name, List::of);
  }
}
