package io.carol.llm.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;

/** An identity provider of our own: a signing key, its public key set in a file, and tokens. */
public final class Identity {
  public static final String ISSUER = "https://identity.example";
  public static final String AUDIENCE = "carol";

  private final RSAKey key;
  private final Path jwks;

  private Identity(RSAKey key, Path jwks) {
    this.key = key;
    this.jwks = jwks;
  }

  /** The identity kept in this folder, made if there is none yet. */
  public static Identity in(Path folder) throws IOException, JOSEException, ParseException {
    Path keyFile = folder.resolve("identity.jwk");
    Path jwks = folder.resolve("jwks.json");
    if (!Files.exists(keyFile)) {
      RSAKey made = new RSAKeyGenerator(2048).keyIDFromThumbprint(true).generate();
      Secrets.write(keyFile, made.toJSONString());
    }
    RSAKey key = RSAKey.parse(Files.readString(keyFile));
    Files.writeString(jwks, new JWKSet(key.toPublicJWK()).toString());
    return new Identity(key, jwks);
  }

  /** What the service is configured with to trust this identity. */
  public Map<String, String> configuration() {
    return Map.of(
        "carol.auth.jwks", jwks.toString(),
        "carol.auth.issuer", ISSUER,
        "carol.auth.audience", AUDIENCE);
  }

  /** A good token for a user. */
  public String token(String userId, Duration lifetime) {
    Instant now = Instant.now();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer(ISSUER)
            .audience(AUDIENCE)
            .subject(userId)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(lifetime)))
            .build();
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
    try {
      token.sign(new RSASSASigner(key));
    } catch (JOSEException e) {
      throw new IllegalStateException("RS256 with an RSA key cannot fail", e);
    }
    return token.serialize();
  }

  /** A good token for a user, for as long as a test runs. */
  public String token(String userId) {
    return token(userId, Duration.ofHours(1));
  }
}
