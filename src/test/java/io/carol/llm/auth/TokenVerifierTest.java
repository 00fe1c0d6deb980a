package io.carol.llm.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.crypto.RSAEncrypter;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.EncryptedJWT;
import com.nimbusds.jwt.JWTClaimsSet;
import io.carol.llm.auth.IdentityProviderKeys.Intervals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenVerifierTest {
  private static final String ISSUER = "https://id.example.org/";
  private static final String AUDIENCE = "carol";
  private static final long NOW = Instant.parse("2026-03-01T12:00:00Z").getEpochSecond();

  private static final TestKey RSA = TestKey.rsa("rsa", 2048);
  private static final TestKey EC = TestKey.ec("ec");
  private static final TestKey ED = TestKey.ed25519("ed");
  private static final Map<String, Object> GOOD =
      Map.of("iss", ISSUER, "aud", AUDIENCE, "sub", "alice", "exp", NOW + 300);

  @TempDir private static Path folder;
  private static TokenVerifier verifier;

  @BeforeAll
  static void publishKeys() {
    verifier = verifier(TestKey.keySet(RSA, EC, ED));
  }

  private static TokenVerifier verifier(String keySet) {
    try {
      Path file = Files.writeString(Files.createTempFile(folder, "jwks", ".json"), keySet);
      return new TokenVerifier(
          new IdentityProviderKeys(KeySetLocation.of(file.toString()), Intervals.STANDARD),
          ISSUER,
          AUDIENCE,
          Clock.fixed(Instant.ofEpochSecond(NOW), ZoneOffset.UTC));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<TestKey> keys() {
    return Stream.of(RSA, EC, ED);
  }

  private static Map<String, Object> good(String name, @Nullable Object value) {
    Map<String, Object> claims = new HashMap<>(GOOD);
    claims.put(name, value);
    return claims;
  }

  private static Map<String, Object> goodWithout(String name) {
    Map<String, Object> claims = new HashMap<>(GOOD);
    claims.remove(name);
    return claims;
  }

  private static Map<String, Object> header(TestKey key, String name, Object value) {
    Map<String, Object> header = new HashMap<>(Map.of("alg", key.alg(), "kid", key.kid()));
    header.put(name, value);
    return header;
  }

  private static void assertGood(String token) {
    assertEquals("alice", verifier.userId(token));
  }

  private static void assertRefused(String failedCheck, String token) {
    assertRefused(failedCheck, verifier, token);
  }

  private static void assertRefused(String failedCheck, TokenVerifier verifier, String token) {
    var e = assertThrows(UnauthenticatedException.class, () -> verifier.userId(token));
    assertEquals(failedCheck, e.getMessage());
    assertNull(e.getCause());
  }

  /** Header and claims of a token, with this signature in place of its own. */
  private static String resigned(String token, byte[] signature) {
    return token.substring(0, token.lastIndexOf('.') + 1) + Base64URL.encode(signature);
  }

  private static String content(String token) {
    return token.substring(0, token.lastIndexOf('.'));
  }

  private static byte[] signature(String token) {
    return new Base64URL(token.substring(token.lastIndexOf('.') + 1)).decode();
  }

  @Nested
  class GoodTokens {
    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void answerTheirSubject(TestKey key) {
      assertEquals("alice", verifier.userId(key.token(GOOD)));
    }

    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void needNoKeyId(TestKey key) {
      assertGood(key.token(Map.of("alg", key.alg()), GOOD));
    }

    @Test
    void withoutAKeyIdAreTriedWithEverySuitableKey() {
      TestKey other = TestKey.ec("other");
      TokenVerifier two = verifier(TestKey.keySet(other, EC));
      assertEquals("alice", two.userId(EC.token(Map.of("alg", "ES256"), GOOD)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"JWT", "jwt", "at+jwt", "AT+JWT"})
    void mayBeTyped(String typ) {
      assertGood(EC.token(header(EC, "typ", typ), GOOD));
    }

    @Test
    void mayNameSeveralAudiences() {
      assertGood(EC.token(good("aud", List.of("other", AUDIENCE))));
    }

    @Test
    void mayHaveTimesWithFractions() {
      assertGood(EC.token(good("exp", NOW + 0.5)));
    }

    @Test
    void mayCarryKeysThatAreNotLookedAt() {
      Map<String, Object> header = header(EC, "jwk", TestKey.ec("ec").published(Map.of()));
      header.put("jku", "https://attacker.example/jwks");
      header.put("x5u", "https://attacker.example/cert");
      header.put("x5c", List.of("MIIB"));
      assertGood(EC.token(header, GOOD));
    }

    @Test
    void mayHaveASubjectOf255CharactersOfAnyScript() {
      String subject = "名😀".repeat(127) + "é";
      assertEquals(subject, verifier.userId(EC.token(good("sub", subject))));
    }

    @Test
    void mayBe8192CharactersLong() {
      assertGood(tokenOfLength(8192));
    }
  }

  /** Base64 leaves out one length in four of each part: header and claims share the padding. */
  private static String tokenOfLength(int length) {
    int room = (length - EC.token(GOOD).length()) * 3 / 4 - 40;
    for (int more = 0; more < 80; more++) {
      String padding = "x".repeat(more % 4);
      String token =
          EC.token(header(EC, "x", padding), good("padding", "x".repeat(room + more / 4)));
      if (token.length() == length) {
        return token;
      }
    }
    throw new AssertionError("no token of length " + length);
  }

  @Nested
  class Form {
    @Test
    void moreThan8192CharactersAreRefused() {
      assertRefused("longer than 8192 characters", tokenOfLength(8193));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", "..", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d"})
    void fragmentsAreRefused(String token) {
      assertRefused("not a JWS in compact serialization", token);
    }

    @Test
    void dotsPaddingBlanksAndOtherAlphabetsAreRefused() {
      String token = EC.token(GOOD);
      String[] parts = token.split("\\.", -1);
      for (String form :
          List.of(
              token + ".",
              "." + token,
              token + "=",
              token + "==",
              parts[0] + "=." + parts[1] + "." + parts[2],
              parts[0] + "." + parts[1] + "=." + parts[2],
              " " + token,
              token + " ",
              token + "\n",
              parts[0] + "\r\n." + parts[1] + "." + parts[2],
              token.replace('.', ','),
              token + "\0",
              token + "+/",
              "\uff45" + token.substring(1))) {
        assertRefused("not a JWS in compact serialization", form);
      }
    }

    @Test
    void everyTruncationIsRefused() {
      String token = EC.token(GOOD);
      for (int length = 0; length < token.length(); length++) {
        String truncated = token.substring(0, length);
        assertThrows(UnauthenticatedException.class, () -> verifier.userId(truncated));
      }
    }

    @Test
    void jsonSerializationsAreRefused() {
      String[] parts = EC.token(GOOD).split("\\.", -1);
      String flat =
          TestKey.json(Map.of("protected", parts[0], "payload", parts[1], "signature", parts[2]));
      String general =
          TestKey.json(
              Map.of(
                  "payload",
                  parts[1],
                  "signatures",
                  List.of(Map.of("protected", parts[0], "signature", parts[2]))));
      assertRefused("not a JWS in compact serialization", flat);
      assertRefused("not a JWS in compact serialization", general);
    }

    @Test
    void encryptedTokensAreRefused() throws JOSEException {
      var jwe =
          new EncryptedJWT(
              new JWEHeader(JWEAlgorithm.RSA_OAEP_256, EncryptionMethod.A256GCM),
              new JWTClaimsSet.Builder().issuer(ISSUER).audience(AUDIENCE).subject("a").build());
      jwe.encrypt(new RSAEncrypter((RSAPublicKey) RSA.pair().getPublic()));
      assertRefused("not a JWS in compact serialization", jwe.serialize());
    }

    @Test
    void nestedTokensAreRefused() {
      String inner = EC.token(GOOD);
      assertRefused(
          "claims not a JSON object", EC.sign(TestKey.json(header(EC, "cty", "JWT")), inner));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "\"alg\"", "{", "{}", "{\"alg\":\"ES256\"} {}"})
    void headersThatAreNotOneJsonObjectAreRefused(String header) {
      String token = EC.sign(header.isEmpty() ? " " : header, TestKey.json(GOOD));
      assertRefused("header not understood", token);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "null", "7", "\"sub\"", "{", "{'sub':'alice'}", "{}{}"})
    void claimsThatAreNotOneJsonObjectAreRefused(String claims) {
      String token = EC.sign(TestKey.json(Map.of("alg", "ES256", "kid", "ec")), claims);
      assertRefused("claims not a JSON object", token);
    }

    @ParameterizedTest
    @ValueSource(strings = {"iss", "aud", "sub", "exp"})
    void duplicateClaimsAreRefused(String name) {
      String claims = TestKey.json(GOOD);
      String twice = claims.substring(0, claims.length() - 1) + ",\"" + name + "\":\"x\"}";
      assertRefused(
          "claims not a JSON object",
          EC.sign(TestKey.json(Map.of("alg", "ES256", "kid", "ec")), twice));
    }

    @Test
    void duplicateHeaderMembersAreRefused() {
      String token = EC.sign("{\"alg\":\"none\",\"kid\":\"ec\",\"alg\":\"ES256\"}", json(GOOD));
      assertRefused("header not understood", token);
    }

    @Test
    void oddHeaderMembersEndInAnAnswerOrARefusal() {
      List<Object> values = new ArrayList<>();
      values.add(null);
      values.addAll(List.of(1, -1.5, true, "", "x", "\ud800", List.of(), List.of(1), List.of("x")));
      values.addAll(List.of(Map.of(), Map.of("kty", "RSA"), Map.of("kty", "EC", "crv", "P-256")));
      values.addAll(
          List.of("none", "http://[", List.of(List.of(Map.of())), EC.published(Map.of())));
      values.add(Map.of("kty", "OKP", "crv", "Ed25519", "x", "AA"));
      for (String name :
          List.of(
              "alg",
              "typ",
              "cty",
              "crit",
              "kid",
              "jku",
              "jwk",
              "x5u",
              "x5c",
              "x5t",
              "x5t#S256",
              "b64",
              "enc",
              "zip",
              "epk",
              "p2c",
              "iv",
              "tag",
              "")) {
        for (Object value : values) {
          assertAnsweredOrRefused(EC.token(header(EC, name, value), GOOD));
        }
      }
    }

    @Test
    void deepNestingEndsInARefusal() {
      String deep = "{\"a\":" + "[".repeat(5000);
      assertRefused("header not understood", EC.sign(deep, "x"));
      assertRefused("claims not a JSON object", EC.sign("{\"alg\":\"ES256\"}", deep));
    }

    private void assertAnsweredOrRefused(String token) {
      try {
        assertEquals("alice", verifier.userId(token));
      } catch (UnauthenticatedException e) {
        assertNull(e.getCause());
      }
    }
  }

  private static String json(Map<String, ?> members) {
    return TestKey.json(members);
  }

  @Nested
  class Algorithms {
    @ParameterizedTest
    @ValueSource(strings = {"none", "None", "NONE", "nOnE", "", " ", "none ", "es256", "HS256"})
    void othersAreRefusedEvenWithoutASignatureToCheck(String alg) {
      Map<String, Object> header = Map.of("alg", alg, "kid", "ec");
      String content = Base64URL.encode(json(header)) + "." + Base64URL.encode(json(GOOD));
      assertThrows(UnauthenticatedException.class, () -> verifier.userId(content + "."));
      assertThrows(UnauthenticatedException.class, () -> verifier.userId(content + ".AA"));
      assertThrows(UnauthenticatedException.class, () -> verifier.userId(EC.token(header, GOOD)));
    }

    @Test
    void unsecuredTokensAreRefusedByName() {
      assertRefused("header not understood", EC.token(header(EC, "alg", "none"), GOOD));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"HS256", "HS384", "RS384", "RS512", "PS256", "ES256K", "ES384", "Ed25519", "X"})
    void onlyThreeAreAllowed(String alg) {
      assertRefused("alg not allowed", EC.token(header(EC, "alg", alg), GOOD));
      assertRefused("alg not allowed", RSA.token(header(RSA, "alg", alg), GOOD));
      assertRefused("alg not allowed", ED.token(header(ED, "alg", alg), GOOD));
    }

    @Test
    void thePublicRsaKeyIsNoHmacSecret() throws GeneralSecurityException {
      byte[] encoded = RSA.pair().getPublic().getEncoded();
      String pem =
          "-----BEGIN PUBLIC KEY-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded)
              + "\n-----END PUBLIC KEY-----\n";
      byte[] modulus = ((RSAPublicKey) RSA.pair().getPublic()).getModulus().toByteArray();
      List<byte[]> secrets =
          List.of(
              encoded,
              pem.getBytes(StandardCharsets.US_ASCII),
              pem.strip().getBytes(StandardCharsets.US_ASCII),
              modulus,
              Arrays.copyOfRange(modulus, 1, modulus.length),
              json(RSA.published(Map.of())).getBytes(StandardCharsets.US_ASCII));
      for (byte[] secret : secrets) {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        String confused = RSA.token(header(RSA, "alg", "HS256"), GOOD);
        String plain = RSA.token(GOOD);
        assertRefused(
            "alg not allowed",
            resigned(confused, mac.doFinal(content(confused).getBytes(StandardCharsets.US_ASCII))));
        assertRefused(
            "signature wrong",
            resigned(plain, mac.doFinal(content(plain).getBytes(StandardCharsets.US_ASCII))));
      }
    }

    @Test
    void aPssSignatureIsNoRs256Signature() throws GeneralSecurityException {
      String token = RSA.token(GOOD);
      Signature pss = Signature.getInstance("RSASSA-PSS");
      pss.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
      pss.initSign(RSA.pair().getPrivate());
      pss.update(content(token).getBytes(StandardCharsets.US_ASCII));
      assertRefused("signature wrong", resigned(token, pss.sign()));
    }

    @Test
    void aKeyOfAnotherKindDoesNotSuit() {
      assertRefused("no suitable key", EC.token(header(EC, "kid", "rsa"), GOOD));
      assertRefused("no suitable key", ED.token(header(ED, "alg", "ES256"), GOOD));
      assertRefused("no suitable key", RSA.token(header(RSA, "alg", "EdDSA"), GOOD));
    }

    @Test
    void aKeyOnAnotherCurveDoesNotSuit() {
      TestKey p384 = TestKey.ecP384("p384");
      assertRefused("no suitable key", verifier(TestKey.keySet(p384)), p384.token(GOOD));
    }
  }

  @Nested
  class Signatures {
    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void everyFlippedBitIsRefused(TestKey key) {
      String token = key.token(GOOD);
      byte[] signature = signature(token);
      for (int bit = 0; bit < signature.length * 8; bit++) {
        byte[] flipped = signature.clone();
        flipped[bit / 8] ^= (byte) (1 << (bit % 8));
        assertRefused("signature wrong", resigned(token, flipped));
      }
    }

    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void everyOtherCharacterIsRefused(TestKey key) {
      String token = key.token(GOOD);
      for (int i = 0; i < token.length(); i++) {
        char other = token.charAt(i) == 'A' ? 'B' : 'A';
        String changed = token.substring(0, i) + other + token.substring(i + 1);
        assertThrows(UnauthenticatedException.class, () -> verifier.userId(changed));
      }
    }

    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void missingEmptyAndForeignOnesAreRefused(TestKey key) {
      String token = key.token(GOOD);
      assertRefused("not a JWS in compact serialization", content(token));
      assertRefused("not a JWS in compact serialization", content(token) + ".");
      assertRefused("signature wrong", resigned(token, new byte[1]));
      assertRefused("signature wrong", resigned(token, signature(key.token(good("sub", "bob")))));
      byte[] longer = Arrays.copyOf(signature(token), signature(token).length + 1);
      assertRefused("signature wrong", resigned(token, longer));
    }

    @Test
    void oneSignatureHasOneSpelling() {
      String token = EC.token(GOOD);
      String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      // 64 bytes leave the last character four bits to spare.
      int last = alphabet.indexOf(token.charAt(token.length() - 1));
      for (int spare = 1; spare < 16; spare++) {
        assertRefused(
            "signature not canonical",
            token.substring(0, token.length() - 1) + alphabet.charAt(last + spare));
      }
    }

    @Test
    void allZeroIsRefused() {
      for (TestKey key : List.of(EC, ED)) {
        assertRefused("signature wrong", resigned(key.token(GOOD), new byte[64]));
      }
      assertRefused("signature wrong", resigned(RSA.token(GOOD), new byte[256]));
    }

    @Test
    void derIsRefused() {
      String token = EC.token(GOOD);
      assertRefused(
          "signature wrong", resigned(token, EC.signature("SHA256withECDSA", content(token))));
    }
  }

  @Nested
  class KeyNames {
    @ParameterizedTest
    @ValueSource(
        strings = {"", " ", "EC", "ec ", "../../dev/null", "/dev/null", "' OR '1'='1", "ec\0", "*"})
    void unknownOnesAreRefused(String kid) {
      assertRefused("no suitable key", EC.token(header(EC, "kid", kid), GOOD));
    }

    @Test
    void veryLongOnesAreRefused() {
      assertRefused("no suitable key", EC.token(header(EC, "kid", "k".repeat(5000)), GOOD));
    }

    @Test
    void onesThatAreNoStringsAreRefused() {
      assertRefused("header not understood", EC.token(header(EC, "kid", 7), GOOD));
      assertRefused("header not understood", EC.token(header(EC, "kid", List.of("ec")), GOOD));
    }

    @Test
    void anAttackersKeyInTheTokenIsNotUsed() {
      TestKey attacker = TestKey.ec("ec");
      assertRefused("signature wrong", attacker.token(GOOD));
      for (String kid : List.of("ec", "attacker")) {
        Map<String, Object> header = header(attacker, "jwk", attacker.published(Map.of()));
        header.put("kid", kid);
        assertRefused(
            kid.equals("ec") ? "signature wrong" : "no suitable key", attacker.token(header, GOOD));
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jku", "x5u", "jwks_uri", "iss"})
    void anAttackersServerIsNotAsked(String member) {
      TestKey attacker = TestKey.ec("attacker");
      try (var server = new KeySetServer(TestKey.keySet(attacker))) {
        assertRefused(
            "no suitable key", attacker.token(header(attacker, member, server.url()), GOOD));
        assertRefused(
            "signature wrong",
            attacker.token(
                Map.of("alg", "ES256", "kid", "ec", member, server.url()),
                good("iss", server.url())));
        assertEquals(0, server.requests());
      }
    }
  }

  @Nested
  class PublishedKeys {
    private String answer(TestKey key, Map<String, ?> changes) {
      TokenVerifier one = verifier(TestKey.keySet(List.of(key.published(changes))));
      return one.userId(key.token(GOOD));
    }

    private void assertNotUsed(TestKey key, Map<String, ?> changes) {
      TokenVerifier one = verifier(TestKey.keySet(List.of(key.published(changes))));
      assertRefused("no suitable key", one, key.token(GOOD));
    }

    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void forTheirOwnPurposeAreUsed(TestKey key) {
      assertEquals("alice", answer(key, Map.of("use", "sig", "alg", key.alg())));
      assertEquals("alice", answer(key, Map.of("key_ops", List.of("verify"))));
    }

    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void forAnotherPurposeAreNotUsed(TestKey key) {
      assertNotUsed(key, Map.of("use", "enc"));
      assertNotUsed(key, Map.of("use", "anything"));
      assertNotUsed(key, Map.of("alg", "PS256"));
      assertNotUsed(key, Map.of("key_ops", List.of("encrypt")));
    }

    @Test
    void ofRsaWithLessThan2048BitsAreNotUsed() {
      TestKey small = TestKey.rsa("small", 1024);
      assertNotUsed(small, Map.of());
      byte[] modulus = ((RSAPublicKey) small.pair().getPublic()).getModulus().toByteArray();
      byte[] padded = new byte[256];
      System.arraycopy(modulus, 0, padded, 256 - modulus.length, modulus.length);
      assertNotUsed(small, Map.of("n", Base64URL.encode(padded).toString()));
    }

    @Test
    void thatCannotBeReadDoNotSpoilTheOthers() {
      List<Map<String, Object>> set =
          List.of(
              Map.of("kty", "AKP", "alg", "ML-DSA-44", "kid", "pq", "pub", "AA"),
              Map.of("kty", "EC", "crv", "P-256", "x", "AA", "y", "AA"),
              Map.of("kty", "EC", "crv", "unheard-of", "x", "AA", "y", "AA"),
              Map.of("kty", "RSA"),
              Map.of("kty", "oct", "k", "c2VjcmV0", "kid", "ec"),
              Map.of("kty", "OKP", "crv", "Ed25519", "x", "AA", "kid", "ed"),
              Map.of(),
              EC.published(Map.of()),
              ED.published(Map.of()));
      TokenVerifier mixed = verifier(TestKey.keySet(set));
      assertEquals("alice", mixed.userId(EC.token(GOOD)));
      assertEquals("alice", mixed.userId(ED.token(GOOD)));
    }
  }

  @Nested
  class Headers {
    @ParameterizedTest
    @ValueSource(
        strings = {"", "JWE", "JWS", "dpop+jwt", "logout+jwt", "secevent+jwt", "JWT ", "x"})
    void ofOtherTypesAreRefused(String typ) {
      assertRefused("typ not allowed", EC.token(header(EC, "typ", typ), GOOD));
    }

    @Test
    void withCriticalMembersAreRefused() {
      for (List<String> crit : List.of(List.<String>of(), List.of("exp"), List.of("b64", "x"))) {
        assertRefused("crit not allowed", EC.token(header(EC, "crit", crit), GOOD));
      }
    }
  }

  @Nested
  class Claims {
    @ParameterizedTest
    @ValueSource(strings = {"iss", "aud", "exp", "sub"})
    void eachIsRequired(String name) {
      assertFalse(verifierSays(goodWithout(name)).isEmpty());
      assertFalse(verifierSays(good(name, null)).isEmpty());
    }

    private String verifierSays(Map<String, Object> claims) {
      return String.valueOf(
          assertThrows(UnauthenticatedException.class, () -> verifier.userId(EC.token(claims)))
              .getMessage());
    }

    @Test
    void anotherIssuerIsRefused() {
      List<Object> others = new ArrayList<>(List.of("", "https://id.example.org", ISSUER + "x", 1));
      others.addAll(List.of("HTTPS://ID.EXAMPLE.ORG/", ISSUER + " ", List.of(ISSUER), Map.of()));
      for (Object other : others) {
        assertRefused("iss wrong", EC.token(good("iss", other)));
      }
    }

    @Test
    void anotherAudienceIsRefused() {
      List<Object> others = new ArrayList<>(List.of("", "Carol", "carol ", "carol other", true));
      others.addAll(List.of(List.of(), List.of("other"), List.of(List.of(AUDIENCE))));
      others.add(Map.of(AUDIENCE, AUDIENCE));
      for (Object other : others) {
        assertRefused("aud wrong", EC.token(good("aud", other)));
      }
    }

    @Test
    void expiryHasALeewayOf60Seconds() {
      assertGood(EC.token(good("exp", NOW - 59)));
      assertGood(EC.token(good("exp", NOW - 59.9)));
      assertRefused("exp missing or past", EC.token(good("exp", NOW - 60)));
      assertRefused("exp missing or past", EC.token(good("exp", NOW - 3600)));
      assertRefused("exp missing or past", EC.token(good("exp", 0)));
      assertRefused("exp missing or past", EC.token(good("exp", -NOW)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbf", "iat"})
    void beginningsHaveALeewayOf60Seconds(String name) {
      assertGood(EC.token(good(name, 0)));
      assertGood(EC.token(good(name, NOW)));
      assertGood(EC.token(good(name, NOW + 60)));
      assertRefused(name + " in the future", EC.token(good(name, NOW + 60.1)));
      assertRefused(name + " in the future", EC.token(good(name, NOW + 61)));
      assertRefused(name + " in the future", EC.token(good(name, NOW + 86_400)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exp", "nbf", "iat"})
    void timesThatAreNoTimesAreRefused(String name) {
      List<Object> others = new ArrayList<>(List.of("" + (NOW + 300), "", "tomorrow", true));
      others.addAll(List.of(List.of(NOW), Map.of(), 1e18, 1e308, -1e308, Long.MAX_VALUE));
      others.addAll(List.of(Long.MIN_VALUE, Long.MAX_VALUE / 1000 + NOW, (NOW + 300) * 1000));
      for (Object other : others) {
        assertRefused(name + " not a NumericDate", EC.token(good(name, other)));
      }
    }

    @Test
    void numbersBeyondAllBoundsAreRefused() {
      for (String number : List.of("1e400", "-1e400", "9".repeat(400), "NaN", "Infinity", "0x7f")) {
        String claims = json(goodWithout("exp"));
        String token =
            EC.sign(
                json(Map.of("alg", "ES256", "kid", "ec")),
                claims.substring(0, claims.length() - 1) + ",\"exp\":" + number + "}");
        assertThrows(UnauthenticatedException.class, () -> verifier.userId(token));
      }
    }

    @Test
    void subjectsThatAreNoUserIdsAreRefused() {
      List<Object> others = new ArrayList<>(List.of("", " ", "\t", "\u2003 ", "a".repeat(256), 7));
      others.addAll(List.of("a\0", "a\nb", "\u001b[31m", "a\u007f", "\u0085a", "a\u009f"));
      others.addAll(List.of("\ud83d", "\ude00\ud83d", "a\udfff", "😀".repeat(256)));
      others.addAll(List.of(true, List.of("alice"), Map.of("id", "alice"), 1.5));
      for (Object other : others) {
        String escaped = asciiJson(good("sub", other));
        assertRefused(
            "sub not a user id", EC.sign(json(Map.of("alg", "ES256", "kid", "ec")), escaped));
      }
    }

    /** Escapes what UTF-8 cannot carry, so that half a surrogate pair arrives as such. */
    private String asciiJson(Map<String, Object> claims) {
      StringBuilder ascii = new StringBuilder();
      for (char c : json(claims).toCharArray()) {
        ascii.append(c < 0x80 ? String.valueOf(c) : "\\u" + String.format("%04x", (int) c));
      }
      return ascii.toString();
    }
  }

  @Nested
  class Locations {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          " ",
          "ftp://id.example.org/jwks",
          "file:///etc/jwks.json",
          "jar:file:/x.jar!/jwks",
          "classpath:jwks.json",
          "http:",
          "http://",
          "https:///jwks",
          "http:jwks",
          "http://id example org/jwks",
          "https://[::1/jwks",
          "https://user:hunter2@id.example.org/jwks",
          "jwks\0.json"
        })
    void thatAreNeitherPathNorUrlAreRefusedAtOnce(String location) {
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> new TokenVerifier(location, ISSUER, AUDIENCE));
      assertTrue(String.valueOf(e.getMessage()).contains("CAROL_AUTH_JWKS"));
      assertFalse(String.valueOf(e.getMessage()).contains("hunter2"));
      assertNull(e.getCause());
    }

    @Test
    void areNotReadBeforeTheFirstToken() {
      try (var server = new KeySetServer(TestKey.keySet(EC))) {
        var fresh = new TokenVerifier(server.url(), ISSUER, AUDIENCE);
        assertEquals(0, server.requests());
        long now = System.currentTimeMillis() / 1000;
        assertEquals("alice", fresh.userId(EC.token(good("exp", now + 300))));
        assertEquals(1, server.requests());
      }
    }
  }
}
