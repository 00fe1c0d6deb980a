package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.carol.llm.testing.Outcome;
import io.carol.llm.testing.Words;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

public final class ModelNameTest {
  private static final String KEY_EMOJI = "\ud83d\udd11";

  private static String outcome(String text) {
    return Outcome.of(() -> new ModelName(text));
  }

  @ParameterizedTest
  @Words(
      """
      x gpt-4o-mini claude-sonnet-4-5 llama3.2:3b-instruct-q4_K_M
      meta-llama/Llama-3.3-70B-Instruct @cf/meta/llama-3-8b
      arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x-v1:0
      mod\u00e8le-\u6a21\u578b e\u0301 emoji-\ud83d\udd11 \u0e42\u0e21\u0e40\u0e14\u0e25
      \u05de\u05d5\u05d3\u05dc \ufffd \ue000
      """)
  @ValueSource(strings = {"My fine-tuned model (v2)", "two  spaces"})
  public void keepsAnyNameAProviderMayUse(String text) {
    assertEquals(text, new ModelName(text).text());
  }

  /** Persian, Hindi, Malayalam, Sinhala, Bengali, Kannada, Mongolian. */
  @ParameterizedTest
  @Words(
      """
      \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0915\u094d\u200d\u0937
      \u0915\u094d\u200c\u0937 \u0d28\u0d4d\u200d\u0d31 \u0dc1\u0dca\u200d\u0dbb\u0dd3
      \u09b0\u200d\u09cd\u09af \u0cb0\u200d\u0ccd\u0c95 \u182d\u200d\u1820
      """)
  @ValueSource(strings = {"llama \u0645\u06cc\u200c\u062e 7b"})
  public void keepsJoinersBetweenLettersOfAScriptThatUsesThem(String text) {
    assertEquals(text, new ModelName(text).text());
  }

  /** Also beside emojis, digits and punctuation, and between letters of two such scripts. */
  @ParameterizedTest
  @Words(
      """
      gpt\u200c4o \u6a21\u200d\u578b \u05de\u200d\u05d5 \ud83d\udc69\u200d\ud83d\udcbb
      \u0915\u094d\u200d\u200d\u0937 \u0915\u094d\u200c\u200d\u0937 \u0645\u200ca a\u200c\u0645
      \u0967\u200d\u0968 \u0964\u200d\u0915 \u0645\u200c\u0915 \u0645\u200b\u06cc \u0645\u2060\u06cc
      """)
  @ValueSource(strings = {"\u0645 \u200c\u0645"})
  public void refusesJoinersElsewhere(String text) {
    assertEquals("unsupported_value", outcome(text));
  }

  /** What is unseen: {@link UnseenCharactersTest}. */
  @ParameterizedTest
  @ValueSource(strings = {" ", "\n", "\u00a0", "\u200d", "\u3164", "\udb40\udc01"})
  public void takesUnseenCharactersOffItsEndsAndRefusesThemInside(String unseen) {
    assertEquals("gpt-4o", new ModelName(unseen + " " + unseen + "gpt-4o " + unseen).text());
    assertEquals("required", outcome(unseen + " " + unseen));
    assertEquals("required", outcome(""));
    assertEquals(
        unseen.equals(" ") ? Outcome.ACCEPTED : "unsupported_value",
        outcome("gpt" + unseen + "4o"));
  }

  @Test
  public void hasUpTo256CodePoints() {
    assertEquals(Outcome.ACCEPTED, outcome(" \u200b" + "m".repeat(256) + "\ufeff\n"));
    assertEquals("too_long", outcome("m".repeat(257)));
    assertEquals(Outcome.ACCEPTED, outcome(KEY_EMOJI.repeat(256)));
    assertEquals("too_long", outcome(KEY_EMOJI.repeat(257)));
    assertEquals("too_long", outcome("m".repeat(5_000_000)));
  }

  @ParameterizedTest
  @Words(
      """
      \u001b \u007f \u0080 \u009f \ud83d \udd11 \udd11\ud83d
      """)
  @ValueSource(strings = {"\u0000", "\u0001", "\u001c", "\u001f"})
  public void refusesControlAndBrokenCharactersWhereverTheyAre(String characters) {
    assertEquals("unsupported_value", outcome("a" + characters + "b"));
    assertEquals("unsupported_value", outcome("a" + characters));
    assertEquals("unsupported_value", outcome(characters + "a"));
  }

  @Test
  public void showsEveryCharacterAndStaysAsItIsOnceAccepted() {
    int[] alphabet = {
      'a', ' ', ' ', 0x200b, 0x200c, 0x200d, 0x0645, 0x0915, 0x094d, 0x3164, 0xfe0f, 0x1f511, 0,
      0x85, 0xd83d, 0xe0001
    };
    Random random = new Random(2604);
    int accepted = 0;
    for (int i = 0; i < 50_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(7); length > 0; length--) {
        text.appendCodePoint(alphabet[random.nextInt(alphabet.length)]);
      }
      if (outcome(text.toString()).equals(Outcome.ACCEPTED)) {
        accepted++;
        String name = new ModelName(text.toString()).text();
        assertEquals(name, new ModelName(name).text());
        assertEquals(UnseenCharacters.strip(text.toString()), name);
        name.codePoints()
            .filter(c -> c != ' ' && c != 0x200c && c != 0x200d)
            .forEach(c -> assertFalse(UnseenCharacters.isUnseen(c), name));
      }
    }
    assertFalse(accepted < 2_500, accepted + " accepted");
  }
}
