package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.testing.Words;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

public final class ProviderTest {
  @Test
  public void wireNamesAreThoseOfTheContract() {
    assertEquals(Provider.ANTHROPIC, Provider.of("anthropic"));
    assertEquals(Provider.OPENAI_COMPATIBLE, Provider.of("openai_compatible"));
  }

  @ParameterizedTest
  @EnumSource
  public void isFoundByItsWireName(Provider provider) {
    assertEquals(provider, Provider.of(provider.wireName()));
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
