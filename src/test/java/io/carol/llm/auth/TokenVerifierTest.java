package io.carol.llm.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.util.Base64URL;
import io.carol.llm.auth.UnauthenticatedException.Reason;
import io.carol.llm.testing.LogCapture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenVerifierTest {
  private static final String ISSUER = "https://id.example.org/";
  private static final String AUDIENCE = "carol";
  private static final long NOW = Instant.parse("2026-03-01T12:00:00Z").getEpochSecond();

  private static final TestKey RSA = TestKey.rsa("rsa", 2048);
  private static final TestKey PSS = RSA.pss("pss");
  private static final TestKey EC = TestKey.ec("ec");
  private static final TestKey EC384 = TestKey.ecP384("ec384");
  private static final TestKey ED = TestKey.ed25519("ed");
  private static final String HEADER = "{\"alg\":\"ES256\",\"kid\":\"ec\"}";
  private static final Map<String, Object> GOOD =
      Map.of("iss", ISSUER, "aud", AUDIENCE, "sub", "alice", "exp", NOW + 300);

  private static final List<TokenVerifier> OPEN = new CopyOnWriteArrayList<>();

  @TempDir private static Path folder;
  private static TokenVerifier verifier;

  @BeforeAll
  static void publishKeys() {
    verifier = verifier(TestKey.keySet(RSA, PSS, EC, EC384, ED));
  }

  @AfterAll
  static void closeVerifiers() {
    OPEN.forEach(TokenVerifier::close);
  }

  private static TokenVerifier verifier(String keySet) {
    try {
      Path file = Files.writeString(Files.createTempFile(folder, "jwks", ".json"), keySet);
      TokenVerifier made =
          new TokenVerifier(
              TestKey.trusting(file.toString(), ISSUER, AUDIENCE),
              Clock.fixed(Instant.ofEpochSecond(NOW), ZoneOffset.UTC),
              Duration.ofMinutes(5));
      OPEN.add(made);
      return made;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<TestKey> keys() {
    return Stream.of(RSA, PSS, EC, EC384, ED);
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

  private static void assertRefused(Reason reason, String token) {
    assertRefused(reason, verifier, token);
  }

  private static void assertRefused(Reason reason, TokenVerifier verifier, String token) {
    var e = assertThrows(UnauthenticatedException.class, () -> verifier.userId(token));
    assertEquals(reason, e.reason());
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
    void aGoodTokenAnswersItsSubjectWithAndWithoutKeyId(TestKey key) {
      assertGood(key.token(GOOD));
      assertGood(key.token(Map.of("alg", key.alg()), GOOD));
    }

    @Test
    void aTokenWithoutKeyIdIsTriedWithEveryKeyThatSuits() {
      TestKey other = TestKey.ec("other");
      TokenVerifier two = verifier(TestKey.keySet(other, EC));
      assertEquals("alice", two.userId(EC.token(Map.of("alg", "ES256"), GOOD)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"JWT", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt"})
    void aTokenMayHaveTheseTypes(String typ) {
      assertGood(EC.token(header(EC, "typ", typ), GOOD));
    }

    @Test
    void aTokenMayNameSeveralAudiences() {
      assertGood(EC.token(good("aud", List.of("other", AUDIENCE))));
    }

    @Test
    void aTimeMayHaveAFraction() {
      assertGood(EC.token(good("exp", NOW + 0.5)));
    }

    @Test
    void keysInsideATokenAreIgnored() {
      Map<String, Object> header = header(EC, "jwk", TestKey.ec("ec").published(Map.of()));
      header.put("jku", "https://attacker.example/jwks");
      header.put("x5u", "https://attacker.example/cert");
      header.put("x5c", List.of("MIIB"));
      assertGood(EC.token(header, GOOD));
    }

    @Test
    void aSubjectMayHave255CharactersOfAnyScript() {
      String subject = "名😀".repeat(127) + "é";
      assertEquals(subject, verifier.userId(EC.token(good("sub", subject))));
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
    void aTokenMayHave8192CharactersAndNoMore() {
      assertGood(tokenOfLength(8192));
      assertRefused(Reason.MALFORMED, tokenOfLength(8193));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"", " ", "..", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b.c.d.e"})
    void aTokenOfAnotherNumberOfPartsIsRefused(String token) {
      assertRefused(Reason.MALFORMED, token);
    }

    @Test
    void aTokenWithOtherCharactersIsRefused() {
      String token = EC.token(GOOD);
      String[] parts = token.split("\\.", -1);
      for (String form :
          List.of(
              "." + token,
              token + "=",
              parts[0] + "=." + parts[1] + "." + parts[2],
              parts[0] + "." + parts[1] + "=." + parts[2],
              " " + token,
              token + "\n",
              parts[0] + "\r\n." + parts[1] + "." + parts[2],
              token + "\0",
              token + "+/",
              "\uff45" + token.substring(1))) {
        assertRefused(Reason.MALFORMED, form);
      }
    }

    @Test
    void everyTruncatedTokenIsRefused() {
      String token = EC.token(GOOD);
      for (int length = 0; length < token.length(); length++) {
        String truncated = token.substring(0, length);
        assertThrows(UnauthenticatedException.class, () -> verifier.userId(truncated));
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "null", "[]", "{", "{}", "{\"alg\":\"ES256\"} {}"})
    void aHeaderThatIsNotOneJsonObjectIsRefused(String header) {
      assertRefused(Reason.MALFORMED, EC.sign(header, json(GOOD)));
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "null", "7", "{", "{'sub':'alice'}", "{}{}"})
    void aPayloadThatIsNotOneJsonObjectIsRefused(String claims) {
      assertRefused(Reason.MALFORMED, EC.sign(HEADER, claims));
    }

    @ParameterizedTest
    @ValueSource(strings = {"iss", "aud", "sub", "exp"})
    void aDuplicateClaimIsRefused(String name) {
      String twice = json(GOOD).replace("}", ",\"" + name + "\":\"x\"}");
      assertRefused(Reason.MALFORMED, EC.sign(HEADER, twice));
    }

    @Test
    void aDuplicateHeaderMemberIsRefused() {
      String token = EC.sign("{\"alg\":\"none\",\"kid\":\"ec\",\"alg\":\"ES256\"}", json(GOOD));
      assertRefused(Reason.MALFORMED, token);
    }

    @Test
    void anOddHeaderMemberLeadsToAnAnswerOrARefusal() {
      List<Object> values = new ArrayList<>();
      values.add(null);
      values.addAll(List.of(1, -1.5, true, "", "x", "\ud800", List.of(), List.of(1), List.of("x")));
      values.addAll(List.of(Map.of(), Map.of("kty", "RSA"), Map.of("kty", "EC", "crv", "P-256")));
      values.addAll(List.of("http://[", List.of(List.of(Map.of())), EC.published(Map.of())));
      for (String name : "alg typ cty crit kid jku jwk x5u x5c x5t x5t#S256 b64".split(" ", -1)) {
        for (Object value : values) {
          String token = EC.token(header(EC, name, value), GOOD);
          try {
            assertGood(token);
          } catch (UnauthenticatedException e) {
            assertNull(e.getCause());
          }
        }
      }
    }

    @Test
    void deeplyNestedJsonIsRefused() {
      String deep = "{\"a\":" + "[".repeat(5000);
      assertRefused(Reason.MALFORMED, EC.sign(deep, "x"));
      assertRefused(Reason.MALFORMED, EC.sign("{\"alg\":\"ES256\"}", deep));
    }
  }

  private static String json(Map<String, ?> members) {
    return TestKey.json(members);
  }

  @Nested
  class Algorithms {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "HS256", "HS384", "RS384", "RS512", "PS384", "ES256K", "ES512", "Ed448", "X", "es256",
          "None", "none ", " "
        })
    void noOtherAlgorithmIsAllowedWhicheverKeyHasSigned(String alg) {
      for (TestKey key : List.of(RSA, EC, ED)) {
        assertRefused(Reason.ALGORITHM, key.token(header(key, "alg", alg), GOOD));
      }
    }

    @Test
    void anUnsecuredTokenIsRefused() {
      String token = EC.token(header(EC, "alg", "none"), GOOD);
      assertRefused(Reason.MALFORMED, token);
      assertRefused(Reason.MALFORMED, content(token) + ".");
    }

    /** EdDSA is what RFC 8037 calls it, and Ed25519 what RFC 9864 does. */
    @ParameterizedTest
    @CsvSource({"Ed25519, Ed25519", ", Ed25519", "EdDSA, EdDSA", ", EdDSA"})
    void ed25519HasTwoNames(@Nullable String published, String alg) {
      Map<String, Object> key =
          ED.published(published == null ? Map.of() : Map.of("alg", published));
      TokenVerifier one = verifier(TestKey.keySet(List.of(key)));
      assertEquals("alice", one.userId(ED.token(header(ED, "alg", alg), GOOD)));
    }

    @Test
    void bothNamesOfEd25519AreForItsKeysOnly() {
      for (String alg : List.of("EdDSA", "Ed25519")) {
        for (TestKey key : List.of(RSA, PSS, EC, EC384)) {
          assertRefused(Reason.UNKNOWN_KEY, key.token(header(key, "alg", alg), GOOD));
          assertRefused(Reason.SIGNATURE, key.token(Map.of("alg", alg), GOOD));
        }
      }
    }

    /** The 32 bytes of a key for encryption would do for a signature, too. */
    @ParameterizedTest
    @ValueSource(strings = {"X25519", "X448", "Ed448"})
    void aKeyOfAnotherCurveThanEd25519SuitsNoToken(String curve) {
      for (String alg : List.of("EdDSA", "Ed25519")) {
        for (Map<String, Object> published :
            List.<Map<String, Object>>of(Map.of("crv", curve), Map.of("crv", curve, "alg", alg))) {
          TokenVerifier one = verifier(TestKey.keySet(List.of(ED.published(published))));
          assertRefused(Reason.UNKNOWN_KEY, one, ED.token(header(ED, "alg", alg), GOOD));
          assertRefused(Reason.UNKNOWN_KEY, one, ED.token(Map.of("alg", alg), GOOD));
        }
      }
    }

    /** RFC 8725, section 2.1. */
    @Test
    void thePublicRsaKeyIsNoHmacSecret() throws GeneralSecurityException {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(RSA.pair().getPublic().getEncoded(), "HmacSHA256"));
      String token = RSA.token(header(RSA, "alg", "HS256"), GOOD);
      assertRefused(
          Reason.ALGORITHM, resigned(token, mac.doFinal(content(token).getBytes(US_ASCII))));
    }

    @Test
    void aKeyOfAnotherKindOrCurveDoesNotSuit() {
      assertRefused(Reason.UNKNOWN_KEY, EC.token(header(EC, "kid", "rsa"), GOOD));
      assertRefused(Reason.UNKNOWN_KEY, ED.token(header(ED, "alg", "ES256"), GOOD));
      assertRefused(Reason.UNKNOWN_KEY, EC.token(header(EC, "kid", "ec384"), GOOD));
      assertRefused(Reason.UNKNOWN_KEY, EC384.token(header(EC384, "kid", "ec"), GOOD));
      TokenVerifier both = verifier(TestKey.keySet(EC384, EC));
      assertEquals("alice", both.userId(EC.token(Map.of("alg", "ES256"), GOOD)));
    }
  }

  @Nested
  class Signatures {
    @Test
    void everyChangedCharacterIsRefused() {
      for (TestKey key : List.of(EC, ED)) {
        String token = key.token(GOOD);
        for (int i = 0; i < token.length(); i++) {
          char other = token.charAt(i) == 'A' ? 'B' : 'A';
          String changed = token.substring(0, i) + other + token.substring(i + 1);
          assertThrows(UnauthenticatedException.class, () -> verifier.userId(changed));
        }
      }
    }

    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void aMissingEmptyOrForeignSignatureIsRefused(TestKey key) {
      String token = key.token(GOOD);
      assertRefused(Reason.MALFORMED, content(token));
      assertRefused(Reason.MALFORMED, content(token) + ".");
      assertRefused(Reason.SIGNATURE, resigned(token, new byte[1]));
      assertRefused(Reason.SIGNATURE, resigned(token, signature(key.token(good("sub", "bob")))));
      byte[] longer = Arrays.copyOf(signature(token), signature(token).length + 1);
      assertRefused(Reason.SIGNATURE, resigned(token, longer));
    }

    @Test
    void aSignatureOfAnotherFormIsRefused() {
      String rsa = RSA.token(GOOD);
      String ec = EC.token(GOOD);
      assertRefused(Reason.SIGNATURE, resigned(rsa, RSA.signature("RSASSA-PSS", content(rsa))));
      assertRefused(Reason.SIGNATURE, resigned(ec, EC.signature("SHA256withECDSA", content(ec))));
      // CVE-2022-21449.
      assertRefused(Reason.SIGNATURE, resigned(ec, new byte[64]));
    }

    @Test
    void aSignatureHasOneSpelling() {
      String token = EC.token(GOOD);
      String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      // 64 bytes leave the last character four bits to spare.
      int last = alphabet.indexOf(token.charAt(token.length() - 1));
      for (int spare = 1; spare < 16; spare++) {
        assertRefused(
            Reason.MALFORMED,
            token.substring(0, token.length() - 1) + alphabet.charAt(last + spare));
      }
    }
  }

  @Nested
  class KeyNames {
    @ParameterizedTest
    @ValueSource(strings = {"", "EC", "ec ", "../../dev/null", "ec\0", "*"})
    void anUnknownKeyIdIsRefused(String kid) {
      assertRefused(Reason.UNKNOWN_KEY, EC.token(header(EC, "kid", kid), GOOD));
    }

    @Test
    void aTokenOfAnotherIssuerWithAnotherKeyIdIsRefusedForItsIssuer() {
      TestKey other = TestKey.ec("other-realm");
      assertRefused(Reason.ISSUER, other.token(good("iss", "https://id.example.org/other")));
      assertRefused(Reason.ISSUER, other.token(goodWithout("iss")));
      assertRefused(Reason.UNKNOWN_KEY, other.token(GOOD));
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "null", "{", "{\"iss\":7}"})
    void aTokenWithAnUnknownKeyIdAndNoIssuerToReadIsRefused(String claims) {
      String header = json(Map.of("alg", "ES256", "kid", "other-realm"));
      assertRefused(Reason.MALFORMED, EC.sign(header, claims));
    }

    @Test
    void aKeyIdThatIsNoStringIsRefused() {
      assertRefused(Reason.MALFORMED, EC.token(header(EC, "kid", 7), GOOD));
      assertRefused(Reason.MALFORMED, EC.token(header(EC, "kid", List.of("ec")), GOOD));
    }

    @Test
    void anAttackersKeyInTheTokenIsNotUsed() {
      TestKey attacker = TestKey.ec("ec");
      assertRefused(Reason.SIGNATURE, attacker.token(GOOD));
      for (String kid : List.of("ec", "attacker")) {
        Map<String, Object> header = header(attacker, "jwk", attacker.published(Map.of()));
        header.put("kid", kid);
        assertRefused(
            kid.equals("ec") ? Reason.SIGNATURE : Reason.UNKNOWN_KEY, attacker.token(header, GOOD));
      }
    }

    @Test
    void anAttackersServerIsNotAsked() {
      TestKey attacker = TestKey.ec("attacker");
      try (var server = new KeySetServer(TestKey.keySet(attacker))) {
        for (String member : List.of("jku", "x5u", "jwks_uri", "iss")) {
          Map<String, Object> header = header(attacker, member, server.url());
          assertRefused(Reason.UNKNOWN_KEY, attacker.token(header, GOOD));
          header.put("kid", "ec");
          assertRefused(Reason.SIGNATURE, attacker.token(header, good("iss", server.url())));
        }
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
      assertRefused(Reason.UNKNOWN_KEY, one, key.token(GOOD));
    }

    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void aKeyPublishedForSignaturesIsUsed(TestKey key) {
      assertEquals("alice", answer(key, Map.of("use", "sig", "alg", key.alg())));
      assertEquals("alice", answer(key, Map.of("key_ops", List.of("verify"))));
    }

    @ParameterizedTest
    @MethodSource("io.carol.llm.auth.TokenVerifierTest#keys")
    void aKeyPublishedForAnotherPurposeIsNotUsed(TestKey key) {
      assertNotUsed(key, Map.of("use", "enc"));
      assertNotUsed(key, Map.of("use", "anything"));
      assertNotUsed(key, Map.of("alg", "RS512"));
      assertNotUsed(key, Map.of("key_ops", List.of("encrypt")));
    }

    @Test
    void anRsaKeyOfLessThan2048BitsIsNotUsed() {
      TestKey small = TestKey.rsa("small", 1024);
      assertNotUsed(small, Map.of());
      byte[] modulus = ((RSAPublicKey) small.pair().getPublic()).getModulus().toByteArray();
      byte[] padded = new byte[256];
      System.arraycopy(modulus, 0, padded, 256 - modulus.length, modulus.length);
      assertNotUsed(small, Map.of("n", Base64URL.encode(padded).toString()));
    }

    @Test
    void aKeyThatCannotBeReadDoesNotSpoilTheOthers() {
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
    @ValueSource(strings = {"", "JWE", "dpop+jwt", "logout+jwt", "JWT "})
    void anotherTypeIsRefused(String typ) {
      assertRefused(Reason.TYPE, EC.token(header(EC, "typ", typ), GOOD));
    }

    @Test
    void aCriticalHeaderIsRefused() {
      for (List<String> crit : List.of(List.<String>of(), List.of("exp"), List.of("b64", "x"))) {
        assertRefused(Reason.CRITICAL_HEADER, EC.token(header(EC, "crit", crit), GOOD));
      }
    }
  }

  /** What the log has about tokens of another issuer or for another audience. */
  @Nested
  class Warnings {
    private static final String REFUSED = "A token was refused";

    private final TokenVerifier fresh = verifier(TestKey.keySet(EC));

    private void assertLogged(String expected, Reason reason, Map<String, Object> claims) {
      try (var log = new LogCapture()) {
        assertRefused(reason, fresh, EC.token(claims));
        assertTrue(log.text().contains(expected), log::text);
      }
    }

    @Test
    void aTokenOfAnotherIssuerIsLoggedWithBothIssuers() {
      assertLogged(
          "its iss is http://inner:8080/realms/home, and CAROL_AUTH_ISSUER is " + ISSUER,
          Reason.ISSUER,
          good("iss", "http://inner:8080/realms/home"));
    }

    @Test
    void aTokenForAnotherAudienceIsLoggedWithBothAudiences() {
      assertLogged(
          "its aud is [account], and CAROL_AUTH_AUDIENCE is carol",
          Reason.AUDIENCE,
          good("aud", "account"));
    }

    @Test
    void aTokenWithoutAudienceIsLogged() {
      assertLogged("its aud is missing, and", Reason.AUDIENCE, goodWithout("aud"));
    }

    @Test
    void aLongClaimIsCut() {
      assertLogged(
          "its aud is [" + "a".repeat(199) + "…, and CAROL_AUTH_AUDIENCE",
          Reason.AUDIENCE,
          good("aud", "a".repeat(1000)));
    }

    @Test
    void manyTokensLeadToOneLineForEachClaim() {
      try (var log = new LogCapture()) {
        for (int i = 0; i < 10; i++) {
          assertRefused(Reason.AUDIENCE, fresh, EC.token(good("aud", "other" + i)));
          assertRefused(Reason.ISSUER, fresh, EC.token(good("iss", "other" + i)));
        }
        assertEquals(2, log.eventsWith(REFUSED).size(), log::text);
      }
    }

    @Test
    void aTokenThatIsNotVerifiedIsNotLogged() {
      try (var log = new LogCapture()) {
        TestKey stranger = TestKey.ec("ec");
        assertRefused(Reason.SIGNATURE, fresh, stranger.token(good("aud", "other")));
        assertRefused(Reason.SIGNATURE, fresh, stranger.token(good("iss", "other")));
        assertRefused(Reason.ISSUER, fresh, TestKey.ec("new").token(good("iss", "other")));
        assertEquals(List.of(), log.eventsWith(REFUSED));
      }
    }
  }

  @Nested
  class Claims {
    @ParameterizedTest
    @CsvSource({"iss, ISSUER", "aud, AUDIENCE", "exp, EXPIRY", "sub, SUBJECT"})
    void eachOfTheseClaimsIsRequired(String name, Reason reason) {
      assertRefused(reason, EC.token(goodWithout(name)));
      assertRefused(reason, EC.token(good(name, null)));
    }

    @Test
    void anotherIssuerIsRefused() {
      for (String other :
          List.of("", "https://id.example.org", ISSUER + "x", "HTTPS://ID.EXAMPLE.ORG/")) {
        assertRefused(Reason.ISSUER, EC.token(good("iss", other)));
      }
      for (Object other : List.of(1, List.of(ISSUER), Map.of())) {
        assertRefused(Reason.MALFORMED, EC.token(good("iss", other)));
      }
    }

    @Test
    void anotherAudienceIsRefused() {
      for (Object other :
          List.of("", "Carol", "carol other", List.of(), List.of("other", "account"))) {
        assertRefused(Reason.AUDIENCE, EC.token(good("aud", other)));
      }
      for (Object other : List.of(true, List.of(List.of(AUDIENCE)), Map.of(AUDIENCE, AUDIENCE))) {
        assertRefused(Reason.MALFORMED, EC.token(good("aud", other)));
      }
    }

    @Test
    void anExpiredTokenIsRefusedAfterALeewayOf60Seconds() {
      assertGood(EC.token(good("exp", NOW - 59)));
      assertRefused(Reason.EXPIRED, EC.token(good("exp", NOW - 60)));
      assertRefused(Reason.EXPIRED, EC.token(good("exp", -NOW)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nbf", "iat"})
    void aTokenFromTheFutureIsRefusedBeyondALeewayOf60Seconds(String name) {
      assertGood(EC.token(good(name, NOW + 60)));
      assertRefused(Reason.NOT_YET_VALID, EC.token(good(name, NOW + 61)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exp", "nbf", "iat"})
    void aTimeThatIsNoTimeIsRefused(String name) {
      for (Object other : List.of("" + (NOW + 300), true, List.of(NOW), Map.of())) {
        assertRefused(Reason.MALFORMED, EC.token(good(name, other)));
      }
    }

    @Test
    void anExpiryInMillisecondsOrBeyondAllBoundsIsRefused() {
      assertRefused(Reason.EXPIRY, EC.token(good("exp", (NOW + 300) * 1000)));
      for (String number :
          List.of("1e18", "1e308", "1e400", "-1e400", "9".repeat(400), "NaN", "0x7f")) {
        String claims = json(goodWithout("exp")).replace("}", ",\"exp\":" + number + "}");
        String token = EC.sign(HEADER, claims);
        assertThrows(UnauthenticatedException.class, () -> verifier.userId(token));
      }
    }

    @Test
    void aSubjectThatIsNoUserIdIsRefused() {
      List<Object> others =
          new ArrayList<>(List.of("", " ", "\t", "\u2003 ", "a".repeat(256), 7, 1.5));
      others.addAll(List.of("a\0", "a\nb", "\u001b[31m", "a\u007f", "\u0085a", "a\u009f"));
      others.addAll(List.of("\ud83d", "\ude00\ud83d", "a\udfff", "😀".repeat(256)));
      for (Object other : others) {
        String escaped = asciiJson(good("sub", other));
        assertRefused(Reason.SUBJECT, EC.sign(HEADER, escaped));
      }
      for (Object other : List.of(true, List.of("alice"), Map.of("id", "alice"))) {
        assertRefused(Reason.MALFORMED, EC.token(good("sub", other)));
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
}
