package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A stored key never goes along to another provider or origin (scheme, host and port). */
final class KeyDestinationTest {
  /** Alone for Anthropic's own address, and before any other address for that provider. */
  private static final String ANTHROPIC = "anthropic";

  private static final String GATEWAY = ANTHROPIC + " https://gateway.example/anthropic";

  private static final String OWN_WRITTEN_OUT = ANTHROPIC + " https://api.anthropic.com";

  private static final String HERE = "https://llm.example/v1";

  private static final Setup setup = Setup.shared();

  /** Every spelling of an origin: BaseUrlPolicyTest and LlmSettingsTest. */
  static Stream<Arguments> sameDestination() {
    return Stream.of(
        Arguments.of("nothing but the model", HERE, HERE),
        Arguments.of("Anthropic's own address written out", ANTHROPIC, OWN_WRITTEN_OUT),
        Arguments.of("another path of a gateway", GATEWAY, ANTHROPIC + " https://gateway.example"),
        Arguments.of("another path", HERE, "https://llm.example/v2/other"),
        Arguments.of("another spelling of it", HERE, "HTTPS://LLM.example:443/v1/"));
  }

  /** Each is tried in both directions. */
  static Stream<Arguments> otherDestination() {
    return Stream.of(
        Arguments.of("another provider", ANTHROPIC, HERE),
        Arguments.of("another provider at the same address", GATEWAY, GATEWAY.split(" ", -1)[1]),
        Arguments.of("a gateway", ANTHROPIC, GATEWAY),
        Arguments.of(
            "a gateway's name in another", GATEWAY, GATEWAY.replace("example", "example.org")),
        Arguments.of("another host", HERE, "https://llm2.example/v1"),
        Arguments.of("another port", HERE, "https://llm.example:8443/v1"),
        Arguments.of("https instead of http", "http://ollama/v1", "https://ollama/v1"),
        Arguments.of(
            "http instead of https on one port", "https://ollama:8080/", "http://ollama:8080/"));
  }

  private static Reply save(User user, String to, String model, @Nullable String... apiKey) {
    String[] parts = to.split(" ", -1);
    boolean isAnthropic = parts[0].equals(ANTHROPIC);
    List<@Nullable String> members = new ArrayList<>();
    Collections.addAll(members, "provider", isAnthropic ? ANTHROPIC : "openai_compatible");
    Collections.addAll(members, "model", model);
    if (!isAnthropic || parts.length > 1) {
      Collections.addAll(members, "baseUrl", isAnthropic ? parts[1] : to);
    }
    Collections.addAll(members, apiKey);
    return user.put(members.toArray(String[]::new));
  }

  private static User userWithKeyFor(String destination) {
    User user = setup.newUser();
    assertEquals(201, save(user, destination, "before", "apiKey", "sk-here").status());
    assertEquals(Optional.of("sk-here"), user.key());
    return user;
  }

  private static void refuses(User user, String to) {
    String row = user.row();
    String tag = user.api().get().header("etag");
    Reply refused = save(user, to, "after");
    assertEquals(422, refused.status());
    assertEquals(List.of("/apiKey api_key_required"), refused.fieldErrors());
    assertEquals(row, user.row());
    assertEquals(tag, user.api().get().header("etag"));
    assertEquals(Optional.of("sk-here"), user.key());
  }

  @ParameterizedTest(name = "{0}: {1} to {2}")
  @MethodSource("sameDestination")
  void keepsTheKeyWhereTheDestinationStays(String why, String from, String to) {
    User user = userWithKeyFor(from);
    Reply kept = save(user, to, "after");
    assertEquals(
        "200 true after",
        kept.status() + " " + kept.text("keyConfigured") + " " + kept.text("model"),
        why);
    assertEquals(Optional.of("sk-here"), user.key(), why);
    // And it can go back again.
    assertEquals(200, save(user, from, "back").status(), why);
    assertEquals(Optional.of("sk-here"), user.key(), why);
  }

  @ParameterizedTest(name = "{0}: {1} to {2}")
  @MethodSource("otherDestination")
  void refusesAnotherDestinationWithoutAKeyAndDoesNotBringTheNewKeyBack(
      String why, String from, String to) {
    User user = userWithKeyFor(from);
    refuses(user, to);
    assertEquals(200, save(user, to, "before", "apiKey", "sk-here").status());
    refuses(user, from);
  }

  @ParameterizedTest
  @CsvSource({HERE + ", https://llm2.example/v1", ANTHROPIC + ", " + HERE})
  void goesAnywhereWithANewKeyOrWithoutOne(String from, String to) {
    User user = userWithKeyFor(from);
    assertEquals(200, save(user, to, "after", "apiKey", "sk-there").status());
    assertEquals(Optional.of("sk-there"), user.key());
    Reply cleared = save(user, from, "back", "apiKey", null);
    assertEquals("200 false", cleared.status() + " " + cleared.text("keyConfigured"));
    assertEquals("null", user.column("api_key_ciphertext"));
    Reply moved = save(user, to, "there again");
    assertEquals("200 false", moved.status() + " " + moved.text("keyConfigured"));
    assertEquals(Optional.empty(), user.key());
  }

  @Test
  void doesNotGoThereInTwoSteps() {
    User user = userWithKeyFor(HERE);
    refuses(user, "https://evil.example/v1");
    refuses(user, ANTHROPIC);
    assertEquals(200, save(user, "https://llm.example/evil.example", "step").status());
    refuses(user, "https://evil.example/v1");
  }

  @Test
  void isRefusedAlsoWhenTheVersionIsTheRightOne() {
    User user = userWithKeyFor(HERE);
    String row = user.row();
    String tag = user.api().get().header("etag");
    Reply refused =
        user.api().put(Bodies.json("provider", ANTHROPIC, "model", "after"), "If-Match", tag);
    assertEquals(List.of("/apiKey api_key_required"), refused.fieldErrors());
    assertEquals(row, user.row());
  }

  @Test
  void isRefusedAfterEverythingElse() {
    User user = userWithKeyFor(HERE);
    String anthropic = Bodies.json("provider", ANTHROPIC, "model", "after");
    assertAll(
        () -> assertEquals(412, user.api().put(anthropic, "If-Match", "\"other\"").status()),
        () -> assertEquals(412, user.api().put(anthropic, "If-None-Match", "*").status()),
        () ->
            assertEquals(
                List.of("/model required"), user.put("provider", ANTHROPIC).fieldErrors()));
  }
}
