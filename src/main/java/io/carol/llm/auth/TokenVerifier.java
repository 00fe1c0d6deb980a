package io.carol.llm.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Verifies JSON Web Tokens (RFC 7519, with the advice of RFC 8725) from one issuer. Thread-safe.
 *
 * <p>A good token is a JWS in compact serialization of at most 8192 characters, signed with RS256,
 * ES256 or EdDSA over Ed25519 by a key from the issuer's set; {@code typ} is absent, {@code JWT} or
 * {@code at+jwt}, and there is no {@code crit}. Keys named or enclosed by the token itself are
 * never looked at. {@code iss} is ours to the letter, {@code aud} contains ours, {@code exp} is
 * there and not past, {@code nbf} and {@code iat} are not in the future, all three with a leeway of
 * 60 seconds. {@code sub} is a string of 1 to 255 characters, not blank, without control
 * characters.
 *
 * <p>A key suits a token when {@code kid} is the same or the token has none, {@code use}, {@code
 * key_ops} and {@code alg} are absent or allow it, and an RSA key has 2048 bits or more.
 *
 * <p>The key set is read when first needed and then kept: renewed in the background after 5 minutes
 * of age, before the answer after 10 minutes. A token that no key suits has the set read again. All
 * in all it is read twice in 10 seconds at most, so a new key is known after 10 seconds at the
 * latest. Each reading is tried twice and gets 2 seconds a time, so that a call takes some 7
 * seconds at the very worst; calls for which a key is known do not wait. Keys that were read once
 * stay in use while the provider is away, until it answers with a new set.
 *
 * <p>A signature is checked once: the last 20,000 good tokens are known again by their SHA-256.
 * Such a token is good for as long as the key that verified it is in the set, and its times are
 * compared with the clock at each call.
 */
public final class TokenVerifier {
  private static final System.Logger LOGGER = System.getLogger(TokenVerifier.class.getName());

  private static final int MAX_TOKEN_LENGTH = 8192;
  private static final int MAX_SUBJECT_LENGTH = 255;
  private static final int MIN_RSA_BITS = 2048;
  private static final double LEEWAY_SECONDS = 60;
  // The end of the year 9999. Beyond it is a provider that counts milliseconds.
  private static final double MAX_NUMERIC_DATE = 253_402_300_799.0;

  private static final Pattern COMPACT_JWS =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
  private static final JOSEObjectType ACCESS_TOKEN = new JOSEObjectType("at+jwt");
  // What comes before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 §4).
  private static final byte[] ED25519_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  // Some 6 MB when full.
  private static final int MAX_VERIFIED = 20_000;

  /** A token's subject and times, in seconds since 1970; a time it lacks is minus infinity. */
  private record Claims(String subject, double expiry, double notBefore, double issuedAt) {}

  /** What a token says, and the key that its signature was verified with. */
  private record Verified(JWK key, Claims claims) {}

  private final IdentityProviderKeys keys;
  private final String issuer;
  private final String audience;
  private final Clock clock;
  private final Cache<String, Verified> verified =
      Caffeine.newBuilder().maximumSize(MAX_VERIFIED).executor(Runnable::run).build();

  /**
   * Reads nothing yet.
   *
   * @param jwks where the issuer's JWK set is: a file path or an http(s) URL
   * @param issuer the only {@code iss} accepted
   * @param audience what {@code aud} must contain
   * @throws IllegalArgumentException when {@code jwks} is neither; the message names
   *     CAROL_AUTH_JWKS
   */
  public TokenVerifier(String jwks, String issuer, String audience) {
    this(
        new IdentityProviderKeys(KeySetLocation.of(jwks), IdentityProviderKeys.Intervals.STANDARD),
        issuer,
        audience,
        Clock.systemUTC());
  }

  TokenVerifier(IdentityProviderKeys keys, String issuer, String audience, Clock clock) {
    this.keys = keys;
    this.issuer = issuer;
    this.audience = audience;
    this.clock = clock;
  }

  /**
   * The user a token speaks for: its {@code sub}.
   *
   * @throws UnauthenticatedException when the token is not good; the message, for the log, says
   *     which check failed
   * @throws IdentityProviderUnavailableException when no key set could be read so far
   */
  public String userId(String token) {
    require(token.length() <= MAX_TOKEN_LENGTH, "longer than 8192 characters");
    String digest = sha256(token);
    Verified known = verified.getIfPresent(digest);
    if (known != null && keys.contain(known.key)) {
      requireCurrent(known.claims);
      return known.claims.subject;
    }
    Verified found = verify(token);
    verified.put(digest, found);
    return found.claims.subject;
  }

  private Verified verify(String token) {
    SignedJWT jwt = parse(token);
    requireHeader(jwt.getHeader());
    JWK key = verifyingKey(jwt);
    Claims claims = claims(jwt);
    requireCurrent(claims);
    return new Verified(key, claims);
  }

  private static SignedJWT parse(String token) {
    require(COMPACT_JWS.matcher(token).matches(), "not a JWS in compact serialization");
    SignedJWT jwt = parsed(token);
    Base64URL signature = jwt.getSignature();
    // Else one signature has several spellings: its last character may have bits to spare.
    require(Base64URL.encode(signature.decode()).equals(signature), "signature not canonical");
    return jwt;
  }

  private static SignedJWT parsed(String token) {
    try {
      return SignedJWT.parse(token);
    } catch (ParseException | RuntimeException e) {
      // Nimbus lets a NullPointerException through for a header that is the JSON null.
      throw new UnauthenticatedException("header not understood");
    }
  }

  private static void requireHeader(JWSHeader header) {
    JWSAlgorithm algorithm = header.getAlgorithm();
    require(
        JWSAlgorithm.RS256.equals(algorithm)
            || JWSAlgorithm.ES256.equals(algorithm)
            || JWSAlgorithm.EdDSA.equals(algorithm),
        "alg not allowed");
    JOSEObjectType type = header.getType();
    require(
        type == null || type.equals(JOSEObjectType.JWT) || type.equals(ACCESS_TOKEN),
        "typ not allowed");
    require(header.getCriticalParams() == null, "crit not allowed");
  }

  private JWK verifyingKey(SignedJWT jwt) {
    List<JWK> candidates = keys.suitable(key -> suits(key, jwt.getHeader()));
    require(!candidates.isEmpty(), "no suitable key");
    return candidates.stream()
        .filter(key -> verifies(key, jwt))
        .findFirst()
        .orElseThrow(() -> new UnauthenticatedException("signature wrong"));
  }

  private static boolean suits(JWK key, JWSHeader header) {
    JWSAlgorithm algorithm = header.getAlgorithm();
    return (header.getKeyID() == null || header.getKeyID().equals(key.getKeyID()))
        && (key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE))
        && (key.getKeyOperations() == null || key.getKeyOperations().contains(KeyOperation.VERIFY))
        && (key.getAlgorithm() == null || key.getAlgorithm().equals(algorithm))
        && switch (key) {
          case RSAKey rsa ->
              algorithm.equals(JWSAlgorithm.RS256)
                  && rsa.getModulus().decodeToBigInteger().bitLength() >= MIN_RSA_BITS;
          case ECKey ec ->
              algorithm.equals(JWSAlgorithm.ES256) && ec.getCurve().equals(Curve.P_256);
          case OctetKeyPair okp ->
              algorithm.equals(JWSAlgorithm.EdDSA) && okp.getCurve().equals(Curve.Ed25519);
          default -> false;
        };
  }

  private static boolean verifies(JWK key, SignedJWT jwt) {
    try {
      return switch (key) {
        case RSAKey rsa -> jwt.verify(new RSASSAVerifier(rsa));
        case ECKey ec -> jwt.verify(new ECDSAVerifier(ec));
        case OctetKeyPair okp -> verifiesEd25519(okp, jwt);
        default -> false;
      };
    } catch (JOSEException | GeneralSecurityException e) {
      LOGGER.log(Level.DEBUG, "A key cannot check this signature: {0}", e.getClass());
      return false;
    }
  }

  /** By the JDK: Nimbus would need another library for it. */
  private static boolean verifiesEd25519(OctetKeyPair key, SignedJWT jwt)
      throws GeneralSecurityException {
    byte[] point = key.getDecodedX();
    byte[] encoded =
        ByteBuffer.allocate(ED25519_PREFIX.length + point.length)
            .put(ED25519_PREFIX)
            .put(point)
            .array();
    PublicKey publicKey =
        KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    Signature verification = Signature.getInstance("Ed25519");
    verification.initVerify(publicKey);
    verification.update(jwt.getSigningInput());
    return verification.verify(jwt.getSignature().decode());
  }

  private Claims claims(SignedJWT jwt) {
    Map<String, Object> claims = jwt.getPayload().toJSONObject();
    if (claims == null) {
      throw new UnauthenticatedException("claims not a JSON object");
    }
    require(issuer.equals(claims.get("iss")), "iss wrong");
    Object audiences = claims.get("aud");
    require(
        audience.equals(audiences)
            || (audiences instanceof List<?> list && list.contains(audience)),
        "aud wrong");
    if (claims.get("sub") instanceof String subject && isUserId(subject)) {
      return new Claims(
          subject,
          numericDate(claims, "exp"),
          numericDate(claims, "nbf"),
          numericDate(claims, "iat"));
    }
    throw new UnauthenticatedException("sub not a user id");
  }

  private void requireCurrent(Claims claims) {
    double now = clock.millis() / 1000.0;
    require(now < claims.expiry + LEEWAY_SECONDS, "exp missing or past");
    require(now >= claims.notBefore - LEEWAY_SECONDS, "nbf in the future");
    require(now >= claims.issuedAt - LEEWAY_SECONDS, "iat in the future");
  }

  private static double numericDate(Map<String, Object> claims, String name) {
    Object value = claims.get(name);
    if (value == null) {
      return Double.NEGATIVE_INFINITY;
    }
    if (value instanceof Number number && Math.abs(number.doubleValue()) <= MAX_NUMERIC_DATE) {
      return number.doubleValue();
    }
    throw new UnauthenticatedException(name + " not a NumericDate");
  }

  private static boolean isUserId(String subject) {
    return !subject.isBlank()
        && subject.codePointCount(0, subject.length()) <= MAX_SUBJECT_LENGTH
        && subject
            .codePoints()
            .map(Character::getType)
            .noneMatch(type -> type == Character.CONTROL || type == Character.SURROGATE);
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

  private static void require(boolean holds, String failedCheck) {
    if (!holds) {
      throw new UnauthenticatedException(failedCheck);
    }
  }
}
