package io.carol.llm.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.crypto.impl.EdDSAProvider;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Ed25519 signatures (RFC 8037, RFC 9864) by the JDK. Nimbus would need another library for them.
 */
final class Ed25519 extends EdDSAProvider implements JWSVerifier {
  // What comes before the 32 bytes of the key in a SubjectPublicKeyInfo (RFC 8410 §4).
  private static final byte[] PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private final PublicKey key;

  private Ed25519(PublicKey key) {
    this.key = key;
  }

  /** The JDK's key for a JWK; empty when the JWK is not a usable Ed25519 key. */
  static Stream<Key> key(JWK jwk) {
    if (!(jwk instanceof OctetKeyPair pair)) {
      return Stream.empty();
    }
    byte[] x = pair.getDecodedX();
    byte[] encoded = ByteBuffer.allocate(PREFIX.length + x.length).put(PREFIX).put(x).array();
    try {
      return Stream.of(
          KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
    } catch (GeneralSecurityException e) {
      return Stream.empty();
    }
  }

  @Override
  public boolean verify(JWSHeader header, byte[] signingInput, Base64URL signature) {
    try {
      Signature verification = Signature.getInstance("Ed25519");
      verification.initVerify(key);
      verification.update(signingInput);
      return verification.verify(signature.decode());
    } catch (GeneralSecurityException e) {
      // A signature of another length, for instance.
      return false;
    }
  }

  /** Nimbus' own verifiers, and this one for the JDK's Ed25519 keys. */
  static final class Factory extends DefaultJWSVerifierFactory {
    @Override
    public @Nullable JWSVerifier createJWSVerifier(JWSHeader header, Key key) throws JOSEException {
      if (key instanceof EdECPublicKey edwards) {
        return new Ed25519(edwards);
      }
      JWSVerifier verifier = super.createJWSVerifier(header, key);
      // Null has the processor try the next key; an EC key on another curve would end the search.
      return verifier.supportedJWSAlgorithms().contains(header.getAlgorithm()) ? verifier : null;
    }
  }
}
