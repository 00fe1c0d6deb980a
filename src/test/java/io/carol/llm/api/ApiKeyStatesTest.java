package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Reply;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code apiKey} in a PUT: a string sets it, absent keeps it, null clears it. */
final class ApiKeyStatesTest {
  private static final Setup setup = Setup.shared();

  private static User userWithKey(String key) {
    User user = setup.newUser();
    Reply created = user.put("provider", "anthropic", "model", "m", "apiKey", key);
    assertEquals("201 true", created.status() + " " + created.text("keyConfigured"));
    return user;
  }

  @Test
  void anotherStringReplacesIt() {
    User user = userWithKey("sk-one");
    Reply replaced = user.put("provider", "anthropic", "model", "m", "apiKey", "sk-two");
    assertEquals("200 true", replaced.status() + " " + replaced.text("keyConfigured"));
    assertEquals(Optional.of("sk-two"), user.key());
  }

  @Test
  void absentKeepsItToTheByte() {
    User user = userWithKey("sk-one");
    String sealed = user.column("api_key_ciphertext");
    Reply kept = user.put("provider", "anthropic", "model", "other");
    assertEquals("200 true", kept.status() + " " + kept.text("keyConfigured"));
    assertEquals(sealed, user.column("api_key_ciphertext"));
    assertEquals(Optional.of("sk-one"), user.key());
  }

  @Test
  void nullClearsIt() {
    User user = userWithKey("sk-one");
    Reply cleared = user.put("provider", "anthropic", "model", "m", "apiKey", null);
    assertEquals("200 false", cleared.status() + " " + cleared.text("keyConfigured"));
    assertEquals("null", user.column("api_key_ciphertext"));
    assertEquals(Optional.empty(), user.key());
    assertEquals("false", user.api().get().text("keyConfigured"));
  }

  @Test
  void absentAfterDeleteDoesNotBringItBack() {
    User user = userWithKey("sk-one");
    user.api().delete();
    Reply created = user.put("provider", "anthropic", "model", "m");
    assertEquals("201 false", created.status() + " " + created.text("keyConfigured"));
  }

  @Test
  void theSameStringAgainIsSealedAnew() {
    User user = userWithKey("sk-one");
    String sealed = user.column("api_key_ciphertext");
    user.put("provider", "anthropic", "model", "m", "apiKey", "sk-one");
    assertNotEquals(sealed, user.column("api_key_ciphertext"));
    assertEquals(Optional.of("sk-one"), user.key());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "****"})
  void aRefusedStringKeepsTheStoredOne(String refused) {
    User user = userWithKey("sk-one");
    String row = user.row();
    assertEquals(422, user.put("provider", "anthropic", "model", "m", "apiKey", refused).status());
    assertEquals(row, user.row());
    assertEquals(Optional.of("sk-one"), user.key());
  }
}
