package io.carol.llm.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.carol.llm.auth.UnauthenticatedException.Reason;
import io.carol.llm.config.AuthConfig;
import java.text.ParseException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requires that a token is from the configured issuer and for the configured audience. The log has
 * a line for a refused token: at most one a minute for each of the two claims. Thread-safe.
 */
final class IssuerAndAudience {
  private static final Logger LOGGER = LoggerFactory.getLogger(IssuerAndAudience.class);
  private static final int MAX_SHOWN_LENGTH = 200;

  private final AuthConfig config;
  // By the claim alone: clients with an audience each would have a line each.
  private final Cache<String, Boolean> logged =
      Caffeine.newBuilder().expireAfterWrite(Duration.ofMinutes(1)).build();

  IssuerAndAudience(AuthConfig config) {
    this.config = config;
  }

  /**
   * Refuses other claims, and logs what they say.
   *
   * @param verified claims of a token with a good signature: an unverified text of a client must
   *     not get into the log
   */
  void require(JWTClaimsSet verified) {
    if (!config.issuer().equals(verified.getIssuer())) {
      log("iss", verified, "CAROL_AUTH_ISSUER", config.issuer());
      throw new UnauthenticatedException(Reason.ISSUER);
    }
    if (!verified.getAudience().contains(config.audience())) {
      log("aud", verified, "CAROL_AUTH_AUDIENCE", config.audience());
      throw new UnauthenticatedException(Reason.AUDIENCE);
    }
  }

  /**
   * Why a token is refused that no key suits. A token of another realm has another key id too, and
   * would look like one with a new key of the right realm. What an unverified token says may choose
   * between refusals, and nothing else.
   */
  Reason reasonWithoutKey(SignedJWT unverified) {
    try {
      boolean ours = config.issuer().equals(unverified.getJWTClaimsSet().getIssuer());
      return ours ? Reason.UNKNOWN_KEY : Reason.ISSUER;
    } catch (ParseException e) {
      return Reason.MALFORMED;
    }
  }

  private void log(String claim, JWTClaimsSet verified, String variable, String configured) {
    if (logged.asMap().putIfAbsent(claim, true) == null) {
      Object value = verified.getClaim(claim);
      String received = value == null ? "missing" : value.toString();
      LOGGER.warn(
          "A token was refused: its {} is {}, and {} is {} (logged once a minute)",
          claim,
          received.length() > MAX_SHOWN_LENGTH
              ? received.substring(0, MAX_SHOWN_LENGTH) + "…"
              : received,
          variable,
          configured);
    }
  }
}
