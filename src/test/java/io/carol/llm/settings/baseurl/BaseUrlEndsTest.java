package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.Outcome.ACCEPTED;
import static io.carol.llm.testing.TestPolicy.ALL_HOSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.Provider;
import io.carol.llm.testing.Outcome;
import io.carol.llm.testing.Words;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken off the ends of a base URL, and what has to be cut by the user. */
final class BaseUrlEndsTest {
  private static final String URL = "https://LLM.example/Api";

  @ParameterizedTest
  @ValueSource(strings = {" ", "\r\n", "\u00a0", "\u3164", "\udb40\udc01", " \ufeff\u200b\n"})
  void unseenCharactersAreTakenOffBothEnds(String unseen) {
    BaseUrl expected = new BaseUrl(URL, "https://llm.example");
    assertEquals(expected, ALL_HOSTS.parse(unseen + URL));
    assertEquals(expected, ALL_HOSTS.parse(URL + unseen));
    assertEquals(expected, ALL_HOSTS.parse(unseen + URL + "/" + unseen));
    assertEquals("base_url_required", Outcome.ofBaseUrl(ALL_HOSTS, unseen));
    for (String inside : new String[] {"https://LLM" + unseen + ".example", URL + unseen + "/v1"}) {
      assertEquals("base_url_malformed", Outcome.ofBaseUrl(ALL_HOSTS, inside));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0", "\u001c", "\u001f", "\u007f", "\u0080", "\u00e9", "\ud800"})
  void otherCharactersAreNotTakenOff(String character) {
    assertEquals("base_url_malformed", Outcome.ofBaseUrl(ALL_HOSTS, character + URL));
    assertEquals("base_url_malformed", Outcome.ofBaseUrl(ALL_HOSTS, URL + character));
  }

  @ParameterizedTest
  @CsvSource({
    "https://a.example/, https://a.example",
    "https://a.example/v1/, https://a.example/v1",
    "http://[::1]/, http://[::1]",
    "http://models/, http://models",
    "https://a.example/v1;x/, https://a.example/v1;x",
    "https://a.example/v1, https://a.example/v1",
    "https://a.example, https://a.example",
  })
  void oneSlashIsTakenOff(String url, String kept) {
    assertEquals(kept, ALL_HOSTS.parse(url).text());
    assertEquals(ALL_HOSTS.parse(url), ALL_HOSTS.parse(kept));
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://a.example//", "https://a.example/v1//", "https:///", "https://"})
  void moreSlashesAreRefused(String url) {
    assertEquals("base_url_malformed", Outcome.ofBaseUrl(ALL_HOSTS, url));
  }

  @ParameterizedTest
  @CsvSource({
    "OPENAI_COMPATIBLE, https://api.openai.com/v1/chat/completions, /chat/completions",
    "OPENAI_COMPATIBLE, https://api.openai.com/v1/chat/completions/, /chat/completions",
    "OPENAI_COMPATIBLE, https://api.openai.com/v1/Chat/Completions, /chat/completions",
    "OPENAI_COMPATIBLE, https://api.openai.com/v1/completions, /completions",
    "OPENAI_COMPATIBLE, https://api.openai.com/v1/responses, /responses",
    "OPENAI_COMPATIBLE, https://api.openai.com/v1/embeddings, /embeddings",
    "OPENAI_COMPATIBLE, https://api.openai.com/v1/models, /models",
    "OPENAI_COMPATIBLE, https://api.openai.com/v1/messages, /messages",
    "OPENAI_COMPATIBLE, http://[::1]:11434/v1/models, /models",
    "OPENAI_COMPATIBLE, https://a.example/v1beta/models, /models",
    "OPENAI_COMPATIBLE, https://a.example/api/v1.1/models, /models",
    "OPENAI_COMPATIBLE, https://a.example/v1alpha1/models, /models",
    "OPENAI_COMPATIBLE, https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions, /chat/completions",
    "ANTHROPIC, https://api.anthropic.com/v1/messages, /v1/messages",
    "ANTHROPIC, https://api.anthropic.com/v1/complete, /v1/complete",
    "ANTHROPIC, https://api.anthropic.com/v1, /v1",
    "ANTHROPIC, https://api.anthropic.com/V1, /v1",
    "ANTHROPIC, https://gateway.example/anthropic/messages, /messages",
    "ANTHROPIC, https://gateway.example/anthropic/v1, /v1",
    "ANTHROPIC, https://gateway.example/v1/chat/completions, /v1/chat/completions",
    "ANTHROPIC, https://gateway.example/v1beta/models, /models",
  })
  void endpointsAreRefusedWithWhatToCut(Provider provider, String url, String cut) {
    InvalidValueException refusal =
        assertThrows(InvalidValueException.class, () -> ALL_HOSTS.parse(provider, url));
    assertEquals("base_url_endpoint", refusal.code());
    assertEquals(
        "Cut " + cut + " off the end of the base URL: the agent adds the path of each call.",
        refusal.getMessage());
  }

  @ParameterizedTest
  @Words(
      """
      https://api.openai.com/v1 https://a.example https://a.example/v1/chat
      https://a.example/v1/completion https://a.example/v1/mycompletions
      https://a.example/chat/completions/v1 https://a.example/responses-proxy
      https://a.example/v1/messages2 https://r.services.ai.azure.com/models
      https://a.example/ai/models https://a.example/vx/models https://a.example/prev1/models
      https://a.example/v1/models/gpt http://models http://models/ http://models:8080/v1
      https://models.example/v1 http://completions https://messages.example https://responses
      http://v1/models
      """)
  void endpointsAreNotSeenInOtherPathsAndHosts(String url) {
    assertEquals(ACCEPTED, Outcome.of(() -> ALL_HOSTS.parse(Provider.OPENAI_COMPATIBLE, url)), url);
  }

  @ParameterizedTest
  @Words(
      """
      https://api.anthropic.com https://gateway.example/anthropic
      https://gateway.example/anthropic/ https://gateway.example/v2
      https://gateway.example/v1/anthropic https://gateway.example/av1 http://v1
      http://litellm:4000
      """)
  void whatStandsBeforeTheVersionIsTakenForAnthropic(String url) {
    assertEquals(ACCEPTED, Outcome.of(() -> ALL_HOSTS.parse(Provider.ANTHROPIC, url)), url);
  }

  @ParameterizedTest
  @EnumSource
  void endpointsAreRefusedAfterEveryOtherMistake(Provider provider) {
    assertEquals(
        "base_url_insecure",
        Outcome.of(() -> ALL_HOSTS.parse(provider, "http://a.example/v1/messages")));
    assertEquals(
        "base_url_malformed",
        Outcome.of(() -> ALL_HOSTS.parse(provider, "https://a.example/v1/messages?x=y")));
  }

  /** Stored rows may hold such addresses. */
  @Test
  void endpointsAreTakenWhereTheUrlIsNotSentByAUser() {
    assertEquals(
        "https://api.openai.com",
        ALL_HOSTS.parse("https://api.openai.com/v1/chat/completions").origin());
  }
}
