package io.carol.llm.auth;

import static io.carol.llm.auth.UnauthenticatedException.require;

import io.carol.llm.auth.UnauthenticatedException.Reason;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.RefusedToken;
import io.carol.llm.http.UserId;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Lets a request on only with a good token, and registers the {@link UserId} in the request's
 * context. A refused token is counted by its reason and registered as {@link RefusedToken}.
 * Thread-safe.
 *
 * <p>The token comes from the only {@code Authorization} header when that is a {@code Bearer} (RFC
 * 6750 §2.1), else from the session cookie, never from the URL. Of several session cookies those
 * that verify count; they must be of one user.
 *
 * <p>A browser sends the cookie by itself, so with it a method that may change something must come
 * from this very origin, scheme included. A bearer token needs no such check.
 *
 * <p>Ends the request with {@link ProblemType#UNAUTHENTICATED}, {@link ProblemType#FORBIDDEN} or
 * {@link ProblemType#IDENTITY_PROVIDER_UNAVAILABLE}.
 */
public final class Authentication implements Handler {
  // The scheme may not be the start of a longer one, such as Bearer-Token.
  private static final Pattern BEARER =
      Pattern.compile("Bearer(?: +|(?![\\w-]))", Pattern.CASE_INSENSITIVE);
  // Each may cost 1 ms or more of signature checking.
  private static final int MAX_SESSION_COOKIES = 8;

  private final TokenVerifier verifier;
  private final String cookieName;
  private final SameOrigin sameOrigin;
  private final MeterProvider<Counter> refused;

  /**
   * @param cookieName name of the session cookie, which holds the token as it is
   * @param meters has the number of refused tokens by reason, and the age of the key set
   */
  public Authentication(TokenVerifier verifier, String cookieName, MeterRegistry meters) {
    this.verifier = verifier;
    this.cookieName = cookieName;
    this.sameOrigin = new SameOrigin(cookieName);
    this.refused =
        Counter.builder("http.tokens.refused")
            .description("Requests without a good token, by the reason")
            .withRegistry(meters);
    // From 0 on, so that the first one is an increase.
    Stream.of(Reason.values()).forEach(reason -> refused.withTag("reason", reason.code()));
    Gauge.builder("identity.provider.keys.age", verifier, TokenVerifier::keySetAgeSeconds)
        .description("Time since the identity provider's key set was last read")
        .baseUnit("seconds")
        .register(meters);
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) {
    request.context().register(new UserId(userId(request)));
    response.next();
  }

  private String userId(ServerRequest request) {
    try {
      List<String> authorizations = request.headers().all(HeaderNames.AUTHORIZATION, List::of);
      for (String authorization : authorizations) {
        Matcher bearer = BEARER.matcher(authorization);
        if (bearer.lookingAt()) {
          require(authorizations.size() == 1, Reason.SEVERAL_TOKENS);
          return verifier.userId(authorization.substring(bearer.end()));
        }
      }
      return session(request);
    } catch (UnauthenticatedException e) {
      request.context().register(new RefusedToken(e.reason().code()));
      refused.withTag("reason", e.reason().code()).increment();
      throw new ProblemException(
          ProblemType.UNAUTHENTICATED,
          "Sign in first: send a valid bearer token or session cookie.");
    }
  }

  private String session(ServerRequest request) {
    List<String> tokens = sessionCookies(request);
    require(!tokens.isEmpty(), Reason.NO_TOKEN);
    sameOrigin.require(request);
    require(tokens.size() <= MAX_SESSION_COOKIES, Reason.SEVERAL_TOKENS);
    Set<String> users = new HashSet<>();
    Reason reason = Reason.NO_TOKEN;
    for (String token : tokens) {
      try {
        users.add(verifier.userId(token));
      } catch (UnauthenticatedException e) {
        reason = e.reason();
      }
    }
    require(!users.isEmpty(), reason);
    require(users.size() == 1, Reason.SEVERAL_TOKENS);
    return users.iterator().next();
  }

  /**
   * By RFC 6265 §5.4, as browsers send it. Helidon's own parsing honours quotes and commas, so that
   * a quote in one cookie hides the others: a neighbouring site could slip in its session.
   */
  private List<String> sessionCookies(ServerRequest request) {
    String start = cookieName + "=";
    return request.headers().all(HeaderNames.COOKIE, List::of).stream()
        .flatMap(header -> Stream.of(header.split(";", -1)))
        .map(String::strip)
        .filter(pair -> pair.startsWith(start))
        .map(pair -> pair.substring(start.length()))
        .distinct()
        .toList();
  }
}
