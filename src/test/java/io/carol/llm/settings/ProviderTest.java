package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.testing.Words;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

public final class ProviderTest {
  @ParameterizedTest
  @CsvSource({"anthropic, ANTHROPIC", "openai_compatible, OPENAI_COMPATIBLE"})
  public void wireNamesAreThoseOfTheContract(String name, Provider provider) {
    assertEquals(provider, Provider.of(name));
    assertEquals(name, provider.wireName());
  }

  @ParameterizedTest
  @Words(
      """
      Anthropic ANTHROPIC openai openai-compatible OPENAI_COMPATIBLE openai_compat\u0131ble
      null
      """)
  @ValueSource(strings = {"", "anthropic ", "anthropic\n"})
  public void anyOtherTextIsNoProvider(String text) {
    var refused = assertThrows(InvalidValueException.class, () -> Provider.of(text));
    assertEquals("unsupported_value", refused.code());
  }
}
