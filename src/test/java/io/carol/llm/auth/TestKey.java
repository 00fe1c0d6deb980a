package io.carol.llm.auth;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import io.carol.llm.config.AuthConfig;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A signing key of a test's identity provider. It signs with the JDK, not with what is tested. */
record TestKey(String kid, String alg, String signatureAlgorithm, KeyPair pair, JWK jwk) {

  static TestKey rsa(String kid, int bits) {
    KeyPair pair = pair("RSA", bits, "");
    JWK jwk = new RSAKey.Builder((RSAPublicKey) pair.getPublic()).keyID(kid).build();
    return new TestKey(kid, "RS256", "SHA256withRSA", pair, jwk);
  }

  /** The same RSA key under another id, which signs with PS256. */
  TestKey pss(String otherKid) {
    JWK other = new RSAKey.Builder((RSAPublicKey) pair.getPublic()).keyID(otherKid).build();
    return new TestKey(otherKid, "PS256", "RSASSA-PSS", pair, other);
  }

  static TestKey ec(String kid) {
    KeyPair pair = pair("EC", 0, "secp256r1");
    JWK jwk = new ECKey.Builder(Curve.P_256, (ECPublicKey) pair.getPublic()).keyID(kid).build();
    return new TestKey(kid, "ES256", "SHA256withECDSAinP1363Format", pair, jwk);
  }

  static TestKey ecP384(String kid) {
    KeyPair pair = pair("EC", 0, "secp384r1");
    JWK jwk = new ECKey.Builder(Curve.P_384, (ECPublicKey) pair.getPublic()).keyID(kid).build();
    return new TestKey(kid, "ES384", "SHA384withECDSAinP1363Format", pair, jwk);
  }

  static TestKey ed25519(String kid) {
    KeyPair pair = pair("Ed25519", 0, "");
    byte[] encoded = pair.getPublic().getEncoded();
    byte[] point = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
    JWK jwk = new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(point)).keyID(kid).build();
    return new TestKey(kid, "EdDSA", "Ed25519", pair, jwk);
  }

  private static KeyPair pair(String algorithm, int bits, String curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (bits > 0) {
        generator.initialize(bits);
      }
      if (!curve.isEmpty()) {
        generator.initialize(new ECGenParameterSpec(curve));
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** What a service is configured with that trusts the key set at this location. */
  static AuthConfig trusting(String keySet, String issuer, String audience) {
    return new AuthConfig(issuer, audience, Optional.of(keySet), Optional.empty(), "carol_session");
  }

  /** A token with the plain header of this key. */
  String token(Map<String, ?> claims) {
    return token(Map.of("alg", alg, "kid", kid), claims);
  }

  /** A token with exactly this header, truly signed by this key whatever the header says. */
  String token(Map<String, ?> header, Map<String, ?> claims) {
    return sign(json(header), json(claims));
  }

  /** The same for texts that need not be JSON. */
  String sign(String header, String payload) {
    String content = Base64URL.encode(header) + "." + Base64URL.encode(payload);
    return content + "." + Base64URL.encode(signature(signatureAlgorithm, content));
  }

  byte[] signature(String algorithm, String content) {
    try {
      Signature signature = Signature.getInstance(algorithm);
      if (algorithm.equals("RSASSA-PSS")) {
        signature.setParameter(
            new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
      }
      signature.initSign(pair.getPrivate());
      signature.update(content.getBytes(StandardCharsets.US_ASCII));
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The public half as a member of a key set, changed by the given members. */
  Map<String, Object> published(Map<String, ?> changes) {
    Map<String, Object> members = new HashMap<>(jwk.toPublicJWK().toJSONObject());
    members.putAll(changes);
    return members;
  }

  static String keySet(TestKey... keys) {
    return keySet(Stream.of(keys).map(key -> key.published(Map.of())).toList());
  }

  static String keySet(List<Map<String, Object>> keys) {
    return json(Map.of("keys", keys));
  }

  static String json(Map<String, ?> members) {
    return JSONObjectUtils.toJSONString(members);
  }
}
