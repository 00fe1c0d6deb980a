package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.DecryptedLlmSettings;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Together;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many requests for one user at the same time, and not more of them than a slow machine answers
 * within the second that each may wait.
 */
@Timeout(120)
final class ConcurrentWritesTest {
  private static final Setup setup = Setup.shared();

  /** Saves settings whose model, base URL and key all say the same number. */
  private static Reply putMarked(User user, int number) {
    return user.put(
        "provider", "openai_compatible",
        "model", "model-" + number,
        "baseUrl", "https://host-" + number + ".example/v" + number,
        "apiKey", "sk-" + number);
  }

  /** What is stored must be what one single request asked for. */
  private static void requireMarked(User user) {
    DecryptedLlmSettings stored = setup.credentials().getDecryptedLlmSettings(user.id());
    String number = stored.model().substring("model-".length());
    assertEquals("https://host-" + number + ".example/v" + number, stored.baseUrl());
    assertEquals("sk-" + number, stored.apiKey().map(ApiKey::reveal).orElse("none"));
    assertEquals(user.api().get().text("model"), stored.model());
  }

  private static Map<Integer, Long> statuses(List<Reply> replies) {
    return replies.stream()
        .collect(Collectors.groupingBy(Reply::status, TreeMap::new, Collectors.counting()));
  }

  private static long rows(User user) {
    return Long.parseLong(
        setup
            .service()
            .sqlValue(
                "SELECT count(*) FROM user_llm_credentials WHERE user_id = '" + user.id() + "'"));
  }

  @Test
  void manyPutsByANewUserLeaveOneConsistentRow() {
    User user = setup.newUser();
    List<Reply> replies = Together.run(30, i -> putMarked(user, i));
    assertEquals(Map.of(200, 29L, 201, 1L), statuses(replies));
    assertEquals(1, rows(user));
    requireMarked(user);
    assertEquals(30, replies.stream().map(reply -> reply.header("etag")).distinct().count());
    assertTrue(
        replies.stream()
            .map(reply -> reply.header("etag"))
            .anyMatch(user.api().get().header("etag")::equals));
  }

  @Test
  void aBusyDatabaseIsNotTakenForOneThatIsAway() {
    try (Setup busy = Setup.start("carol.database.pool.size", "1")) {
      // Altogether longer than a request waits for a database that is away.
      busy.service()
          .sql(
              "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql"
                  + " AS 'BEGIN PERFORM pg_sleep(0.03); RETURN NEW; END'");
      busy.service()
          .sql(
              "CREATE TRIGGER slow BEFORE INSERT ON user_llm_credentials"
                  + " FOR EACH ROW EXECUTE FUNCTION slow()");
      User user = busy.newUser();
      assertEquals(Map.of(200, 19L, 201, 1L), statuses(Together.run(20, i -> putMarked(user, i))));
    }
  }

  @Test
  void putsAndDeletesNeverFailAndLeaveAConsistentRowOrNone() {
    User user = setup.newUser();
    List<Reply> replies =
        Together.run(30, i -> i % 2 == 0 ? putMarked(user, i) : user.api().delete());
    Map<Integer, Long> statuses = statuses(replies);
    assertTrue(Set.of(200, 201, 204).containsAll(statuses.keySet()), statuses::toString);
    assertEquals(15, statuses.get(204));
    if (rows(user) == 1) {
      requireMarked(user);
    }
  }

  @Test
  void everythingAtOnceNeverFails() {
    User user = setup.newUser();
    String other = "\"00000000-0000-4000-8000-000000000000\"";
    List<Function<Integer, Reply>> requests =
        List.of(
            i -> putMarked(user, i),
            i -> user.put("provider", "anthropic", "model", "model-" + i),
            i -> user.put("provider", "anthropic", "model", "model-" + i, "apiKey", null),
            i -> user.api().get(),
            i -> user.api().delete(),
            i -> user.api().delete("If-Match", user.api().get().header("etag") + "," + other),
            i ->
                user.api()
                    .put(
                        Bodies.json("provider", "anthropic", "model", "model-" + i),
                        "If-None-Match",
                        "*"),
            i ->
                user.api()
                    .put(
                        Bodies.json("provider", "anthropic", "model", "model-" + i),
                        "If-Match",
                        user.api().get().header("etag") + "," + other));
    for (int round = 0; round < 10; round++) {
      List<Reply> replies = Together.run(32, i -> requests.get(i % requests.size()).apply(i));
      Map<Integer, Long> statuses = statuses(replies);
      assertTrue(
          Set.of(200, 201, 204, 404, 412, 422).containsAll(statuses.keySet()), statuses::toString);
    }
  }

  @Test
  void ofManyWritesWithOneIfMatchOneSucceeds() {
    User user = setup.newUser();
    for (int round = 0; round < 10; round++) {
      String tag = putMarked(user, 1000).header("etag");
      List<Reply> replies =
          Together.run(
              30,
              i ->
                  i % 3 == 0
                      ? user.api().delete("If-Match", tag)
                      : user.api()
                          .put(
                              Bodies.json(
                                  "provider", "anthropic", "model", "m" + i, "apiKey", null),
                              "If-Match",
                              tag));
      assertEquals(29, statuses(replies).get(412), () -> statuses(replies).toString());
    }
  }

  @Test
  void ofManyWritesWithIfNoneMatchStarOneCreates() {
    for (int round = 0; round < 10; round++) {
      User user = setup.newUser();
      List<Reply> replies =
          Together.run(
              30,
              i ->
                  user.api()
                      .put(
                          Bodies.json("provider", "anthropic", "model", "m" + i),
                          "If-None-Match",
                          "*"));
      assertEquals(Map.of(201, 1L, 412, 29L), statuses(replies));
      Reply winner =
          replies.stream().filter(reply -> reply.status() == 201).findFirst().orElseThrow();
      assertEquals(winner.body(), user.api().get().body());
    }
  }

  @Test
  void noUpdateIsLostWhenEveryWriteHasIfMatch() {
    User user = setup.newUser();
    user.put("provider", "anthropic", "model", "0");
    Together.run(
        10,
        i -> {
          for (int done = 0; done < 10; ) {
            Reply seen = user.api().get();
            int next = Integer.parseInt(seen.text("model")) + 1;
            Reply reply =
                user.api()
                    .put(
                        Bodies.json("provider", "anthropic", "model", String.valueOf(next)),
                        "If-Match",
                        seen.header("etag"));
            assertTrue(Set.of(200, 412).contains(reply.status()), reply::toString);
            done += reply.status() == 200 ? 1 : 0;
          }
          return i;
        });
    assertEquals("100", user.api().get().text("model"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void concurrentPutsCannotMoveAKeyThatIsStoredOrOnlyJustBeingStored(boolean isStored) {
    for (int round = 0; round < 30; round++) {
      User user = setup.newUser();
      if (isStored) {
        putTo("here", user, "sk-here");
      }
      Map<Integer, Long> statuses = statuses(putHereAndThere(user));
      assertEquals(isStored ? null : 1L, statuses.remove(201));
      assertTrue(Set.of(200, 422).containsAll(statuses.keySet()), statuses::toString);
      requireKeyWhereItBelongs(user);
    }
  }

  /** Saves with a key of either place, and tries to take along whichever key is stored. */
  private static List<Reply> putHereAndThere(User user) {
    return Together.run(
        6,
        i ->
            switch (i) {
              case 0 -> putTo("here", user, "sk-here");
              case 1 -> putTo("there", user, "sk-there");
              case 2 -> user.put("provider", "anthropic", "model", "m");
              case 3 -> putTo("here", user);
              default -> putTo("there", user);
            });
  }

  private static Reply putTo(String place, User user, String... key) {
    Stream<String> members =
        Stream.of(
            "provider",
            "openai_compatible",
            "model",
            "m",
            "baseUrl",
            "https://" + place + ".example");
    Stream<String> keyMember = Stream.of(key).flatMap(text -> Stream.of("apiKey", text));
    return user.put(Stream.concat(members, keyMember).toArray(String[]::new));
  }

  private static void requireKeyWhereItBelongs(User user) {
    DecryptedLlmSettings stored = setup.credentials().getDecryptedLlmSettings(user.id());
    String place = String.valueOf(stored.baseUrl()).replaceAll("https://|[.]example", "");
    assertEquals("sk-" + place, stored.apiKey().map(ApiKey::reveal).orElse("none"));
  }
}
