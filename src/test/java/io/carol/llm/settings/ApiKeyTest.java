package io.carol.llm.settings;

import static io.carol.llm.testing.Failures.assertFails;
import static io.carol.llm.testing.Outcome.ACCEPTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import io.carol.llm.testing.CaseFile;
import io.carol.llm.testing.Outcome;
import io.carol.llm.testing.Words;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

public final class ApiKeyTest {
  private static final String KEY = "sk-FAKE-NOT-REAL-0123456789";

  private static String outcome(String text) {
    return Outcome.of(() -> ApiKey.of(text));
  }

  public static Stream<Arguments> accepted() {
    return CaseFile.of("/keys/api_key_cases.json", "accept", "name", "value");
  }

  public static Stream<Arguments> refused() {
    return CaseFile.of("/keys/api_key_cases.json", "reject", "name", "value");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("accepted")
  public void acceptsTheShapesProvidersUse(String name, String value) {
    assertEquals(value, ApiKey.of(value).reveal(), name);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  public void refusesWhatIsNoKeyWithoutEchoingIt(String name, String value) {
    InvalidValueException refusal =
        assertThrows(InvalidValueException.class, () -> ApiKey.of(value), name);
    assertEquals(
        name.startsWith("masked_") ? "api_key_masked" : "api_key_malformed", refusal.code());
    StringWriter printed = new StringWriter();
    refusal.printStackTrace(new PrintWriter(printed));
    assertFalse(printed.toString().contains(value));
    assertFalse(printed.toString().contains("FAKE"));
  }

  @Test
  void trimmingTakesAsciiWhitespaceOffBothEnds() {
    assertEquals(KEY, ApiKey.of(" \t\r\n" + KEY + "\r\n \t").reveal());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", " \t\r\n \t\r\n"})
  void trimmingLeavesNothingOfABlankKey(String blank) {
    assertEquals("api_key_blank", outcome(blank));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u00a0", "\u200b", "\ufeff", "\u0085", "\u000b", "\0"})
  void trimmingLeavesOtherWhitespaceToBeRefused(String character) {
    assertEquals("api_key_malformed", outcome(character));
    assertEquals("api_key_malformed", outcome(character + KEY));
    assertEquals("api_key_malformed", outcome(KEY + character));
  }

  @Test
  void keysHaveUpTo8192CharactersAfterTrimming() {
    assertEquals(ACCEPTED, outcome("k"));
    assertEquals(ACCEPTED, outcome("k".repeat(8192)));
    assertEquals(ACCEPTED, outcome(" ".repeat(9000) + "k".repeat(8192) + "\n"));
    assertEquals("too_long", outcome("k".repeat(8193)));
  }

  @Test
  void lengthsAreCheckedBeforeTheCharacters() {
    assertEquals("too_long", outcome("\u2022".repeat(8193)));
    assertEquals("too_long", outcome("k".repeat(5_000_000)));
  }

  @ParameterizedTest
  @Words(
      """
      * ** sk-*** ***FAKE sk-***FAKE sk-F**** \u2022 \u25cf \u2219 \u00b7 \u22c5 \u26ab \u2b24
      \u2217 \uff0a sk-\u2026 sk-...FAKE ... OPENAI_API_KEY=***
      """)
  @ValueSource(strings = {" **** ", "sk-ant-\u2026 \u00e9", "Bearer ****"})
  void masksAreRefusedAsSuch(String mask) {
    assertEquals("api_key_masked", outcome(mask));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sk-**", "a*b**c", "a..b", "xxxx"})
  void masksAreNotSeenInKeys(String key) {
    assertEquals(ACCEPTED, outcome(key));
  }

  @ParameterizedTest
  @Words(
      """
      <hidden> <> [REDACTED] (secret) {key} {\"key\":\"sk-1\"} %LLM_SECRET%
      REDACTED sk-ant-redacted __REDACTED__ hidden --masked-- removed KEY_REMOVED undefined
      UNDEFINED null NULL \"undefined\" 'null' YOUR_API_KEY your-api-key-here yourApiKey
      YOUR-OPENAI-KEY your_token sk-ant-your-api-key <your-secret-key> api_key API-KEY
      api-key-here openai-api-key insert-key-here insert-key enter-your-key paste-token-here
      replace-me REPLACE_ME changeme CHANGE-ME sk-placeholder xxxxxxxx sk-proj-XXXXXXXXXXXXXXXXXX
      ${OPENAI_API_KEY:-none} $OPENAI_API_KEY $openai_key $KEY $env:OPENAI_API_KEY OPENAI_API_KEY
      HF_TOKEN HF_TOKEN= CLIENT_SECRET process.env.OPENAI_API_KEY
      """)
  @ValueSource(
      strings = {
        "<your api key>",
        "[object Object]",
        "${{ secrets.OPENAI_API_KEY }}",
        "$(cat key.txt)",
        " undefined\n"
      })
  void placeholdersAreRefusedAsNoKey(String placeholder) {
    assertEquals("api_key_masked", outcome(placeholder));
  }

  @ParameterizedTest
  @Words(
      """
      none EMPTY x xxxx ollama lm-studio no-key not_required sk-no-key-required sk-1234
      token-abc123 secret my-key nullable nullify-3 team-api-key:s3cr3t user:pass a:b:c
      $2b$10$abcdefghijkl $1 100% a<b>c a[0] f(x) a{b} key sk_live_KEY123 ABCD_EFGH
      """)
  void placeholdersAreNotSeenInOrdinaryKeys(String key) {
    assertEquals(ACCEPTED, outcome(key));
  }

  @ParameterizedTest
  @Words(
      """
      "sk-1" `sk-1` "sk-1 sk-1" sk-1' " Bearer OPENAI_API_KEY="sk-1" openai_api_key=sk-1
      key=sk-1 $env:OPENAI_API_KEY=sk-1 --api-key=sk-1 spring.ai.openai.api-key=sk-1
      """)
  @ValueSource(
      strings = {
        "Bearer sk-1",
        "BEARER\tsk-1",
        "Authorization: Bearer sk-1",
        "x-api-key: sk-1",
        "export  KEY='sk-1'",
        "set KEY=sk-1",
        "OPENAI_API_KEY = sk-1",
        "-H \"Authorization: Bearer sk-1\"",
        "sk-1 # production",
      })
  void textAroundAKeyIsRefused(String text) {
    assertEquals("api_key_malformed", outcome(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "sk-1" | without quotes
          Bearer sk-1 | without the word Bearer
          OPENAI_API_KEY=sk-1 | without the name and the =
          sk-1 sk-2 | without spaces
          """)
  void textAroundAKeyIsNamedInTheMessage(String text, String advice) {
    InvalidValueException refusal =
        assertThrows(InvalidValueException.class, () -> ApiKey.of(text));
    assertTrue(refusal.getMessage().contains(advice), refusal.getMessage());
  }

  @ParameterizedTest
  @Words(
      """
      abc= abc== RkFLRQ== YWJjZGVmZw= a=b x=1 =abc a'b a\"b\"c a`b bearer-abc Bearer:abc
      bearerabc a+b= sk-1==
      """)
  void textAroundAKeyIsNotSeenInKeys(String key) {
    assertEquals(ACCEPTED, outcome(key));
  }

  /** No part of a key that a random generator makes is taken for something else. */
  @Test
  public void acceptsRandomKeys() {
    Random random = new Random(8192);
    for (String alphabet :
        List.of(
            "0123456789abcdef",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")) {
      for (int i = 0; i < 2_000; i++) {
        StringBuilder key = new StringBuilder(random.nextBoolean() ? "sk-" : "");
        for (int length = 20 + random.nextInt(80); length > 0; length--) {
          key.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        assertEquals(ACCEPTED, outcome(key.append("=".repeat(random.nextInt(3))).toString()));
      }
    }
  }

  @Test
  @Timeout(20)
  public void refusesOrAcceptsTheLongestTextsAtOnce() {
    for (String part :
        List.of(
            "A", "A_", "your", "key", "x", "$", "a.", "A_KEY", "=", "bearer", "\"", "replace")) {
      for (int i = 0; i < 5; i++) {
        outcome(part.repeat(8192 / part.length()));
        outcome("<" + part.repeat(8190 / part.length()));
      }
    }
  }

  @Test
  void visibleAsciiCharactersAreAccepted() {
    for (char c = '!'; c <= '~'; c++) {
      assertEquals(ACCEPTED, outcome("a" + c + "b"), "U+" + Integer.toHexString(c));
    }
  }

  @Test
  void otherCharactersAreRefused() {
    for (int c = 0; c <= Character.MAX_VALUE; c++) {
      if (c < '!' || c > '~') {
        String code = outcome("a" + (char) c + "b");
        assertTrue(
            code.equals("api_key_malformed") || (c > '~' && code.equals("api_key_masked")),
            "U+" + Integer.toHexString(c) + " is " + code);
      }
    }
    assertEquals("api_key_malformed", outcome("a\ud83d\udd11b"));
  }

  private record Holder(String name, ApiKey key) {}

  @Test
  void noWayOfPrintingShowsTheKey() {
    ApiKey key = ApiKey.of(KEY);
    assertEquals("ApiKey[redacted]", key.toString());
    assertEquals("Holder[name=name, key=ApiKey[redacted]]", new Holder("name", key).toString());
    assertEquals("ApiKey[redacted] 0", String.format(Locale.ROOT, "%s %h", key, key));
  }

  @Test
  void onlyRevealHandsOutAnythingButTheRedaction() {
    List<String> waysOut =
        Arrays.stream(ApiKey.class.getDeclaredMethods())
            .filter(method -> !Modifier.isPrivate(method.getModifiers()))
            .filter(method -> !Modifier.isStatic(method.getModifiers()))
            .map(method -> method.getName())
            .sorted()
            .toList();
    assertEquals(List.of("equals", "hashCode", "reveal", "toString"), waysOut);
    assertEquals(0, ApiKey.class.getFields().length);
  }

  /** Rows may hold keys that only an earlier version accepted. */
  @ParameterizedTest
  @ValueSource(strings = {"\"sk-1\"", "OPENAI_API_KEY=sk-1", "<hidden>", "***"})
  void storedKeysOpenThatCouldNotBeSavedAnyMore(String key) {
    assertEquals(key, ApiKey.ofStored(key).reveal());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "sk-1\n", "\u00e9", "\u007f"})
  void textsThatNoVersionHasTakenAreABrokenSeal(String text) {
    CryptoException broken = assertFails(Reason.BROKEN, () -> ApiKey.ofStored(text));
    assertFalse(text.length() > 2 && String.valueOf(broken.getMessage()).contains(text));
    assertFails(Reason.BROKEN, () -> ApiKey.ofStored("k".repeat(8193)));
  }

  @Test
  public void equalsComparesTheText() {
    assertEquals(ApiKey.of(KEY), ApiKey.of(" " + KEY + "\n"));
    assertEquals(ApiKey.of("one").hashCode(), ApiKey.of("another").hashCode(), "tells nothing");
    assertNotEquals(ApiKey.of(KEY), ApiKey.of(KEY + "0"));
    assertNotEquals(ApiKey.of(KEY), ApiKey.of(KEY.toLowerCase(Locale.ROOT)));
    assertNotEquals(ApiKey.of(KEY), (Object) KEY);
    assertNotEquals(null, ApiKey.of(KEY));
  }
}
