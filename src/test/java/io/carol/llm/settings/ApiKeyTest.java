package io.carol.llm.settings;

import static io.carol.llm.testing.Outcome.ACCEPTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.CaseFile;
import io.carol.llm.testing.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.io.Serializable;
import java.io.StringWriter;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.text.MessageFormat;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
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

  @Nested
  final class Trimming {
    @Test
    void takesAsciiWhitespaceOffBothEnds() {
      assertEquals(KEY, ApiKey.of(" \t\r\n" + KEY + "\r\n \t").reveal());
      assertEquals(KEY, ApiKey.of(KEY + "\n").reveal());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t", "\n", "\r\n", " \t\r\n \t\r\n"})
    void leavesNothingOfABlankKey(String blank) {
      assertEquals("api_key_blank", outcome(blank));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "\u00a0", "\u3000", "\u200b", "\ufeff", "\u2028", "\u0085", "\u000b", "\f", "\0"
        })
    void leavesOtherWhitespaceToBeRefused(String character) {
      assertEquals("api_key_malformed", outcome(character));
      assertEquals("api_key_malformed", outcome(character + KEY));
      assertEquals("api_key_malformed", outcome(KEY + character));
    }
  }

  @Nested
  final class Lengths {
    @Test
    void endAt8192CharactersAfterTrimming() {
      assertEquals(ACCEPTED, outcome("k"));
      assertEquals(ACCEPTED, outcome("k".repeat(8192)));
      assertEquals(ACCEPTED, outcome(" ".repeat(9000) + "k".repeat(8192) + "\n"));
      assertEquals("too_long", outcome("k".repeat(8193)));
    }

    @Test
    void areCheckedBeforeTheCharacters() {
      assertEquals("too_long", outcome("\u2022".repeat(8193)));
      assertEquals("too_long", outcome("\u0000".repeat(8193)));
      assertEquals("too_long", outcome("k".repeat(5_000_000)));
    }
  }

  @Nested
  final class Masks {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "*",
          "**",
          "***",
          "********",
          " **** ",
          "sk-***",
          "***FAKE",
          "sk-***FAKE",
          "sk-F****",
          "\u2022\u2022\u2022\u2022",
          "\u2022",
          "\u25cf\u25cf\u25cf",
          "\u2219\u2219\u2219",
          "\u00b7\u00b7\u00b7",
          "\u22c5\u22c5\u22c5",
          "\u26ab\u26ab",
          "\u2b24\u2b24",
          "\u2217\u2217\u2217",
          "\uff0a\uff0a\uff0a",
          "sk-\u2026",
          "sk-...FAKE",
          "...",
          "sk-ant-\u2026 \u00e9",
          "\u2022\u2022 \u2022\u2022",
        })
    void areRefusedAsSuch(String mask) {
      assertEquals("api_key_masked", outcome(mask));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-*", "sk-**", "a*b**c", "a.b", "a..b", "xxxx", "----", "."})
    void areNotSeenInKeys(String key) {
      assertEquals(ACCEPTED, outcome(key));
    }
  }

  @Nested
  final class Characters {
    @Test
    void ofVisibleAsciiAreAccepted() {
      for (char c = '!'; c <= '~'; c++) {
        assertEquals(ACCEPTED, outcome("a" + c + "b"), "U+" + Integer.toHexString(c));
      }
    }

    @Test
    void outsideVisibleAsciiAreRefused() {
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
  }

  @Nested
  final class Secrecy {
    private record Holder(String name, ApiKey key) {}

    private record SerializableHolder(ApiKey key) implements Serializable {}

    private final ApiKey key = ApiKey.of(KEY);

    @Test
    void noWayOfPrintingShowsTheKey() {
      List<String> printed =
          List.of(
              key.toString(),
              String.valueOf(key),
              "key: " + key,
              String.format(Locale.ROOT, "%s %S %h", key, key, key),
              "%s".formatted(key),
              MessageFormat.format("{0}", key),
              new Holder("name", key).toString(),
              List.of(key).toString(),
              Map.of("key", key).toString(),
              Optional.of(key).toString(),
              Arrays.toString(new Object[] {key}),
              new IllegalStateException(String.valueOf(key)).toString());
      for (String text : printed) {
        assertFalse(text.toLowerCase(Locale.ROOT).contains("fake"), text);
      }
      assertEquals("ApiKey[redacted]", key.toString());
      assertEquals("Holder[name=name, key=ApiKey[redacted]]", new Holder("name", key).toString());
    }

    @Test
    void serialisationFailsAndWritesNoKey() throws Exception {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        assertThrows(NotSerializableException.class, () -> out.writeObject(key));
        assertThrows(
            NotSerializableException.class, () -> out.writeObject(new SerializableHolder(key)));
      }
      assertFalse(bytes.toString(StandardCharsets.ISO_8859_1).contains(KEY));
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

    @Test
    void hashCodeTellsNothing() {
      assertEquals(ApiKey.of("one").hashCode(), ApiKey.of("another").hashCode());
    }
  }

  @Test
  public void equalsComparesTheText() {
    assertEquals(ApiKey.of(KEY), ApiKey.of(" " + KEY + "\n"));
    assertEquals(ApiKey.of(KEY).hashCode(), ApiKey.of(KEY).hashCode());
    assertNotEquals(ApiKey.of(KEY), ApiKey.of(KEY + "0"));
    assertNotEquals(ApiKey.of(KEY), ApiKey.of(KEY.toLowerCase(Locale.ROOT)));
    assertNotEquals(ApiKey.of("a"), ApiKey.of("b"));
    assertNotEquals(ApiKey.of(KEY), (Object) KEY);
    assertNotEquals(null, ApiKey.of(KEY));
  }
}
