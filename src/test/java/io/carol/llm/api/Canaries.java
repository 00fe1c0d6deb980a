package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Reply;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Keys that must not come back in any answer, in part or as a whole. */
final class Canaries {
  /** Stands for each of them in a body. */
  static final String KEY = "<key>";

  /**
   * Look like keys do; two of them also like a name, so that nothing about their form hides them.
   */
  static final List<String> ALL =
      List.of(
          "sk-ant-Qz7Xw9Kp4Vt2Lm8",
          "Qz7Xw9Kp4Vt2Lm8Qz7Xw9Kp4Vt2Lm8Qz",
          "c0ffee00c0ffee11c0ffee22c0ffee33");

  private Canaries() {}

  /**
   * Sends the body once with each canary. Nothing of it may come back or be stored, and the key
   * that a mistake was made with may not matter.
   *
   * @return what the service answered, but for the requestId
   */
  static Reply sendRefused(User user, String body, Charset charset) {
    List<Reply> replies =
        ALL.stream().map(canary -> sendRefused(user, body, charset, canary)).toList();
    Set<Integer> statuses = replies.stream().map(Reply::status).collect(Collectors.toSet());
    assertEquals(1, statuses.size(), statuses::toString);
    assertEquals("none", user.row());
    return replies.getFirst();
  }

  /** Requires that no six characters of the key in a row are anywhere in the answer. */
  static void requireNothingOf(String key, Reply reply) {
    String everything = (reply.headers() + reply.body()).toLowerCase(Locale.ROOT);
    for (int i = 0; i + 6 <= key.length(); i++) {
      String part = key.substring(i, i + 6).toLowerCase(Locale.ROOT);
      assertFalse(everything.contains(part), () -> part + " is in " + everything);
    }
  }

  private static Reply sendRefused(User user, String body, Charset charset, String canary) {
    Reply reply = user.api().put(body.replace(KEY, canary).getBytes(charset));
    requireNothingOf(canary, reply);
    return reply;
  }
}
