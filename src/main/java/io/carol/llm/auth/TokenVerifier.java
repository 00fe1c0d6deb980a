package io.carol.llm.auth;

import static io.carol.llm.auth.UnauthenticatedException.require;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSecurityContextJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.BadJWSException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWKSecurityContext;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.carol.llm.auth.UnauthenticatedException.Reason;
import io.carol.llm.config.AuthConfig;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Verifies JSON Web Tokens (RFC 7519, with the advice of RFC 8725) from one issuer. Thread-safe.
 *
 * <p>A good token is a JWS in compact serialization of at most 8192 characters, signed with RS256,
 * PS256, ES256, ES384 or Ed25519 (by that name, or as EdDSA) by a key from the issuer's set; {@code
 * typ} is absent, {@code JWT} or {@code at+jwt}, with or without {@code application/} before it,
 * and there is no {@code crit}. Keys named or enclosed by the token itself are never looked at.
 * {@code iss} is the configured issuer to the letter, {@code aud} contains the configured audience,
 * {@code exp} is there and not past, {@code nbf} and {@code iat} are not in the future, all three
 * with a leeway of 60 seconds. {@code sub} is a string of 1 to 255 characters, not blank, without
 * control characters.
 *
 * <p>The key set is read in the background, every 5 seconds until that succeeds and every 5 minutes
 * from then on. A token that no key suits has it read again, at most twice in 10 seconds. While the
 * identity provider is away, the last known keys stay in use.
 *
 * <p>A signature is checked once: the last 20,000 tokens with a good signature are known again by
 * their SHA-256, for as long as the key set has the keys they were checked with. Times are compared
 * at each call.
 */
public final class TokenVerifier implements AutoCloseable {
  private static final int MAX_TOKEN_LENGTH = 8192;
  private static final int MAX_VERIFIED_TOKENS = 20_000;
  // The cache keeps the key set for twice this time. A key id not seen before has it read again at
  // most twice in a thirtieth of this time.
  private static final Duration REFRESH_AFTER = Duration.ofMinutes(5);
  private static final Duration LEEWAY = Duration.ofSeconds(60);
  // An identity provider beyond it counts milliseconds.
  private static final Instant MAX_EXPIRY = Instant.parse("9999-12-31T23:59:59Z");

  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.PS256,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.EdDSA,
          JWSAlgorithm.Ed25519);
  private static final DefaultJOSEObjectTypeVerifier<JWKSecurityContext> TYPES =
      new DefaultJOSEObjectTypeVerifier<>(
          JOSEObjectType.JWT,
          new JOSEObjectType("application/jwt"),
          new JOSEObjectType("at+jwt"),
          new JOSEObjectType("application/at+jwt"),
          null);
  private static final Pattern COMPACT_JWS = Pattern.compile("[\\w-]+\\.[\\w-]+\\.[\\w-]+");
  private static final Pattern USER_ID = Pattern.compile("[^\\p{Cc}\\p{Cs}]{1,255}");
  private static final JWKSelector EVERY_KEY = new JWKSelector(new JWKMatcher.Builder().build());

  /** What a token with a good signature says, and the keys that suited it. */
  private record VerifiedToken(
      List<JWK> keys, String userId, Instant expiry, Instant notBefore, Instant issuedAt) {}

  private final IssuerAndAudience issuerAndAudience;
  private final Clock clock;
  private final KeySetReader reader;
  private final JWKSource<SecurityContext> keySet;
  private final DefaultJWTProcessor<JWKSecurityContext> processor = new DefaultJWTProcessor<>();
  private final ScheduledExecutorService background =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("identity-provider").factory());
  private final Cache<String, VerifiedToken> verified =
      Caffeine.newBuilder().maximumSize(MAX_VERIFIED_TOKENS).executor(Runnable::run).build();

  /**
   * Begins to read the key set in the background.
   *
   * @throws io.carol.llm.config.ConfigurationException when the location of the key set, the issuer
   *     or the file of certificates cannot be used
   */
  public TokenVerifier(AuthConfig config) {
    this(config, Clock.systemUTC(), REFRESH_AFTER);
  }

  TokenVerifier(AuthConfig config, Clock clock, Duration refreshAfter) {
    this.issuerAndAudience = new IssuerAndAudience(config);
    this.clock = clock;
    this.reader = new KeySetReader(config);
    long refreshMillis = refreshAfter.toMillis();
    this.keySet =
        JWKSourceBuilder.create(reader)
            .cache(2 * refreshMillis, Math.min(3_000, refreshMillis / 2))
            .refreshAheadCache(refreshMillis, null, background, true, background, true)
            .rateLimited(refreshMillis / 30)
            .retrying(true)
            .outageTolerantForever()
            .build();
    var selector = new JWSVerificationKeySelector<>(ALGORITHMS, new JWKSecurityContextJWKSet());
    processor.setJWSTypeVerifier(TYPES);
    processor.setJWSKeySelector((header, context) ->
        Stream.concat(
                selector.selectJWSKeys(header, context).stream(),
                context.getKeys().stream().flatMap(Ed25519::key))
            .toList());
    processor.setJWSVerifierFactory(new Ed25519.Factory());
    // Claims are checked in verify: Nimbus' exceptions name the refused one in their message only.
    processor.setJWTClaimsSetVerifier(null);
    background.execute(this::readUntilFirstSuccess);
  }

  private void readUntilFirstSuccess() {
    try {
      keySet.get(EVERY_KEY, null);
    } catch (KeySourceException e) {
      Future<?> _ = background.schedule(this::readUntilFirstSuccess, 5, TimeUnit.SECONDS);
    }
  }

  /** Whether the key set was ever read. */
  public boolean ready() {
    return reader.lastKeySet() != null;
  }

  /** Seconds since the key set was last read; NaN before the first time. */
  public double keySetAgeSeconds() {
    return reader.ageSeconds();
  }

  /**
   * The user a token speaks for: its {@code sub}.
   *
   * @throws UnauthenticatedException when the token is not good
   * @throws ProblemException {@code identity_provider_unavailable} when the key set could not be
   *     read so far, so that the token can be called neither good nor bad
   */
  public String userId(String token) {
    require(token.length() <= MAX_TOKEN_LENGTH, Reason.MALFORMED);
    String digest = sha256(token);
    VerifiedToken known = verified.getIfPresent(digest);
    if (known == null || !keys(EVERY_KEY).containsAll(known.keys)) {
      known = verify(token);
      verified.put(digest, known);
    }
    Instant now = clock.instant();
    require(now.minus(LEEWAY).isBefore(known.expiry), Reason.EXPIRED);
    require(!now.plus(LEEWAY).isBefore(known.notBefore), Reason.NOT_YET_VALID);
    require(!now.plus(LEEWAY).isBefore(known.issuedAt), Reason.NOT_YET_VALID);
    return known.userId;
  }

  private VerifiedToken verify(String token) {
    SignedJWT jwt = parse(token);
    JWSHeader header = jwt.getHeader();
    require(ALGORITHMS.contains(header.getAlgorithm()), Reason.ALGORITHM);
    require(TYPES.getAllowedTypes().contains(header.getType()), Reason.TYPE);
    require(header.getCriticalParams() == null, Reason.CRITICAL_HEADER);
    List<JWK> keys = keys(new JWKSelector(JWKMatcher.forJWSHeader(header)));
    if (keys.isEmpty()) {
      throw new UnauthenticatedException(issuerAndAudience.reasonWithoutKey(jwt));
    }
    try {
      JWTClaimsSet claims = processor.process(jwt, new JWKSecurityContext(keys));
      issuerAndAudience.require(claims);
      Instant expiry = instant(claims.getExpirationTime(), Instant.MAX);
      require(!expiry.isAfter(MAX_EXPIRY), Reason.EXPIRY);
      return new VerifiedToken(
          List.copyOf(keys),
          subject(jwt),
          expiry,
          instant(claims.getNotBeforeTime(), Instant.MIN),
          instant(claims.getIssueTime(), Instant.MIN));
    } catch (BadJWSException e) {
      throw new UnauthenticatedException(Reason.SIGNATURE);
    } catch (BadJWTException e) {
      throw new UnauthenticatedException(Reason.MALFORMED);
    } catch (BadJOSEException | JOSEException e) {
      throw new UnauthenticatedException(Reason.UNKNOWN_KEY);
    }
  }

  private static SignedJWT parse(String token) {
    require(COMPACT_JWS.matcher(token).matches(), Reason.MALFORMED);
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      Base64URL signature = jwt.getSignature();
      // Else one signature has several spellings: its last character may have bits to spare.
      require(Base64URL.encode(signature.decode()).equals(signature), Reason.MALFORMED);
      return jwt;
    } catch (ParseException | NullPointerException e) {
      // Nimbus lets a NullPointerException through for a header that is the JSON null.
      throw new UnauthenticatedException(Reason.MALFORMED);
    }
  }

  /** The keys that suit, after a look for newer ones if none does. */
  private List<JWK> keys(JWKSelector selector) {
    try {
      return keySet.get(selector, null);
    } catch (KeySourceException e) {
      // The rate limit is reached, or another call takes long to read the set.
      JWKSet last = reader.lastKeySet();
      if (last == null) {
        throw new ProblemException(
            ProblemType.IDENTITY_PROVIDER_UNAVAILABLE,
            "The identity provider's keys cannot be read right now. Try again in a moment.");
      }
      return selector.select(last);
    }
  }

  /** From the payload itself, because Nimbus' claims have a number as a string. */
  private static String subject(SignedJWT jwt) {
    if (jwt.getPayload().toJSONObject().get("sub") instanceof String subject
        && !subject.isBlank()
        && USER_ID.matcher(subject).matches()) {
      return subject;
    }
    throw new UnauthenticatedException(Reason.SUBJECT);
  }

  private static Instant instant(@Nullable Date date, Instant otherwise) {
    return date == null ? otherwise : date.toInstant();
  }

  private static String sha256(String token) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
      return new String(digest, StandardCharsets.ISO_8859_1);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }

  /** Ends the reading in the background. */
  @Override
  public void close() {
    background.shutdownNow();
  }
}
