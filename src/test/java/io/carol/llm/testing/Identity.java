package io.carol.llm.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.Map;

/** An identity provider of our own: a signing key, its public key set in a file, and tokens. */
public final class Identity {
  public static final String ISSUER = "https://identity.example";
  public static final String AUDIENCE = "carol";

  private final PrivateKey key;
  private final String signatureAlgorithm;
  private final String header;
  private final Path jwks;

  private Identity(
      PrivateKey key, String signatureAlgorithm, String algorithm, JWK published, Path folder)
      throws IOException {
    this.key = key;
    this.signatureAlgorithm = signatureAlgorithm;
    this.header = "{\"alg\":\"%s\",\"kid\":\"%s\"}".formatted(algorithm, published.getKeyID());
    this.jwks = Files.writeString(folder.resolve("jwks.json"), new JWKSet(published).toString());
  }

  /** The identity kept in this folder, made if there is none yet. It signs with RS256. */
  public static Identity in(Path folder) throws IOException, JOSEException, ParseException {
    Path keyFile = folder.resolve("identity.jwk");
    if (!Files.exists(keyFile)) {
      RSAKey made = new RSAKeyGenerator(2048).keyIDFromThumbprint(true).generate();
      Secrets.write(keyFile, made.toJSONString());
    }
    RSAKey key = RSAKey.parse(Files.readString(keyFile));
    return new Identity(key.toPrivateKey(), "SHA256withRSA", "RS256", key.toPublicJWK(), folder);
  }

  /**
   * An identity for as long as its JVM runs. It signs with EdDSA: without the second compiler a JVM
   * takes 15 ms for a signature with RSA, 1 ms for one with Ed25519, and 2 s for an RSA key.
   */
  public static Identity ephemeral(Path folder) throws IOException, GeneralSecurityException {
    KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    byte[] encoded = pair.getPublic().getEncoded();
    byte[] point = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
    JWK published =
        new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(point))
            .keyID(folder.getFileName().toString())
            .build();
    return new Identity(pair.getPrivate(), "Ed25519", "EdDSA", published, folder);
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
    String content = Base64URL.encode(header) + "." + Base64URL.encode(claims.toString());
    try {
      Signature signature = Signature.getInstance(signatureAlgorithm);
      signature.initSign(key);
      signature.update(content.getBytes(US_ASCII));
      return content + "." + Base64URL.encode(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a fitting key cannot fail", e);
    }
  }

  /** A good token for a user, for as long as a test runs. */
  public String token(String userId) {
    return token(userId, Duration.ofHours(1));
  }
}
