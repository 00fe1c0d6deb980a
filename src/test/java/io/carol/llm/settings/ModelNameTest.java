package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.testing.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

public final class ModelNameTest {
  private static final String KEY_EMOJI = "\ud83d\udd11";

  private static String outcome(String text) {
    return Outcome.of(() -> new ModelName(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "gpt-4o-mini",
        "claude-sonnet-4-5",
        "llama3.2:3b-instruct-q4_K_M",
        "meta-llama/Llama-3.3-70B-Instruct",
        "@cf/meta/llama-3-8b",
        "My fine-tuned model (v2)",
        "mod\u00e8le-\u6a21\u578b",
        "emoji-\ud83d\udd11-\ud83d\udc69\u200d\ud83d\udcbb",
        "\u0e42\u0e21\u0e40\u0e14\u0e25",
        "\u05de\u05d5\u05d3\u05dc",
      })
  public void keepsAnyNameAProviderMayUse(String text) {
    assertEquals(text, new ModelName(text).text());
  }

  @Test
  public void trimsAsciiWhitespace() {
    assertEquals("my model", new ModelName(" \t\r\nmy model\n").text());
    assertEquals(new ModelName("m"), new ModelName(" m "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t\r\n ", "\u00a0", "\u3000 \u2003", "\u2028"})
  public void isRequired(String blank) {
    assertEquals("required", outcome(blank));
  }

  @Test
  public void hasUpTo256CodePoints() {
    assertEquals(Outcome.ACCEPTED, outcome("m".repeat(256)));
    assertEquals(Outcome.ACCEPTED, outcome(" " + "m".repeat(256) + "\n"));
    assertEquals("too_long", outcome("m".repeat(257)));
    assertEquals(Outcome.ACCEPTED, outcome(KEY_EMOJI.repeat(256)));
    assertEquals("too_long", outcome(KEY_EMOJI.repeat(257)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0000",
        "\u0001",
        "\t",
        "\n",
        "\r",
        "\u000b",
        "\f",
        "\u001b",
        "\u001f",
        "\u007f",
        "\u0080",
        "\u0085",
        "\u009f",
        "\u2028",
        "\u2029",
        "\u202a",
        "\u202b",
        "\u202c",
        "\u202d",
        "\u202e",
        "\u2066",
        "\u2067",
        "\u2068",
        "\u2069",
        "\ud83d",
        "\udd11",
        "\udd11\ud83d",
      })
  public void refusesWhatDeceivesOrBreaks(String characters) {
    assertEquals("unsupported_value", outcome("a" + characters + "b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u0000", "\u007f", "\ud83d", "\u202e"})
  public void refusesThemAlsoAtTheEnds(String characters) {
    assertEquals("unsupported_value", outcome(characters));
    assertEquals("unsupported_value", outcome("a" + characters));
    assertEquals("unsupported_value", outcome(characters + "a"));
  }

  @Test
  public void isNotEchoed() {
    InvalidValueException refusal =
        assertThrows(InvalidValueException.class, () -> new ModelName("s3cr3t\u0000"));
    assertFalse(refusal.getMessage().contains("s3cr3t"));
  }
}
