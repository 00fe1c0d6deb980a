package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TcpProxy;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.util.function.Function;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** An answer is lost on its way to the client, which sends the same request once more. */
@Tag("faults")
final class LostAnswersTest {
  private static final String SAVED =
      "{\"provider\":\"anthropic\",\"model\":\"saved\",\"apiKey\":\"sk-ant-1\"}";
  private static final String BEFORE = SAVED.replace("saved", "before");

  @AutoClose private static final TestService service = TestService.start();
  @AutoClose private static final TcpProxy network = new TcpProxy(service.port());

  private Api api;

  @BeforeEach
  void signIn(TestInfo test) {
    api = new Api(network.port(), TestService.identity().token(test.getDisplayName()));
  }

  /** Sends it twice; the answer to the first is lost. */
  private Reply twice(Function<Api, Reply> request) {
    network.loseAnswers(true);
    AssertionError lost = assertThrows(AssertionError.class, () -> request.apply(api));
    assertInstanceOf(IOException.class, lost.getCause());
    network.loseAnswers(false);
    return request.apply(api);
  }

  private static void assertSaved(Reply found) {
    assertEquals("saved", found.text("model"));
    assertEquals("true", found.text("keyConfigured"));
  }

  @Test
  void aSaveOfSomethingNewIsSavedOnce() {
    Reply again = twice(client -> client.put(SAVED));
    assertEquals(200, again.status(), "it existed the second time");
    assertSaved(api.get());
  }

  @Test
  void aSaveOverSomethingIsTheSameTwice() {
    assertEquals(201, api.put(BEFORE).status());
    assertEquals(200, twice(client -> client.put(SAVED)).status());
    assertSaved(api.get());
  }

  @Test
  void aSaveThatKeepsTheKeyKeepsItTwice() {
    assertEquals(201, api.put(BEFORE).status());
    String keeping = "{\"provider\":\"anthropic\",\"model\":\"saved\"}";
    assertEquals(200, twice(client -> client.put(keeping)).status());
    assertSaved(api.get());
  }

  @Test
  void aCreationSentTwiceGets412AndAReadShowsThatTheFirstWasStored() {
    Reply again = twice(client -> client.put(SAVED, "If-None-Match", "*"));
    assertEquals(412, again.status());
    assertSaved(api.get());
  }

  @Test
  void aSaveWithIfMatchSentTwiceGets412AndAReadShowsThatTheFirstWasStored() {
    String etag = api.put(BEFORE).header("etag");
    assertEquals(412, twice(client -> client.put(SAVED, "If-Match", etag)).status());
    Reply found = api.get();
    assertSaved(found);
    assertNotEquals(etag, found.header("etag"));
    assertEquals(200, api.put(SAVED, "If-Match", found.header("etag")).status());
  }

  @Test
  void aRemovalLeavesNothingTwice() {
    assertEquals(201, api.put(BEFORE).status());
    assertEquals(204, twice(Api::delete).status());
    assertEquals(404, api.get().status());
  }

  @Test
  void aRemovalWithIfMatchSentTwiceGets412AndAReadShowsThatNothingIsStored() {
    String etag = api.put(BEFORE).header("etag");
    assertEquals(412, twice(client -> client.delete("If-Match", etag)).status());
    assertEquals(404, api.get().status());
  }
}
