package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code If-Match} and {@code If-None-Match} on PUT and DELETE (RFC 9110 §13.1), with and without a
 * row.
 */
final class PreconditionsTest {
  /** In a header, stands for the ETag of what is stored. */
  private static final String STORED = "<stored>";

  /** A version that nothing has. */
  private static final String OTHER = "\"00000000-0000-4000-8000-000000000000\"";

  @AutoClose private static final Setup setup = Setup.start();

  /** Headers, whether they hold for a stored row, and whether they hold when there is none. */
  static Stream<Arguments> conditions() {
    return Stream.of(
        Arguments.of(List.of("If-Match", STORED), true, false),
        Arguments.of(List.of("If-Match", OTHER), false, false),
        Arguments.of(List.of("If-Match", "*"), true, false),
        Arguments.of(List.of("If-Match", " * "), true, false),
        Arguments.of(List.of("If-Match", "\"*\""), false, false),
        Arguments.of(List.of("If-Match", "\"\""), false, false),
        Arguments.of(List.of("If-Match", OTHER + ", " + STORED), true, false),
        Arguments.of(List.of("If-Match", OTHER + "," + STORED), true, false),
        Arguments.of(List.of("If-Match", STORED + " , " + OTHER), true, false),
        Arguments.of(List.of("If-Match", "\"a,b\", " + STORED), true, false),
        Arguments.of(List.of("If-Match", OTHER + ", \"x\", \"y\""), false, false),
        // Empty elements of a list are to be ignored (RFC 9110 §5.6.1.2).
        Arguments.of(List.of("If-Match", ", " + OTHER + ",, " + STORED + " ,"), true, false),
        // What proxies that compress make of a tag.
        Arguments.of(List.of("If-Match", "W/" + STORED), true, false),
        Arguments.of(List.of("If-Match", "\"<version>-gzip\""), true, false),
        Arguments.of(List.of("If-Match", "\"<version>--gzip\""), true, false),
        Arguments.of(List.of("If-Match", "\"<version>-br\""), true, false),
        Arguments.of(List.of("If-Match", "W/" + "\"<version>-zstd\""), true, false),
        Arguments.of(List.of("If-Match", OTHER + "," + "\"<version>-gzip\""), true, false),
        Arguments.of(List.of("If-Match", OTHER.replaceAll("\"$", "-gzip\"")), false, false),
        Arguments.of(List.of("If-Match", "\"<version>-other\""), false, false),
        Arguments.of(List.of("If-Match", "\"<version>gzip\""), false, false),
        Arguments.of(List.of("If-Match", "\"<version>-gzip-gzip\""), false, false),
        Arguments.of(List.of("If-None-Match", "\"<version>-gzip\""), false, true),
        Arguments.of(List.of("If-None-Match", "W/" + "\"<version>-br\""), false, true),
        Arguments.of(List.of("If-Match", "W/" + OTHER), false, false),
        Arguments.of(List.of("If-Match", "W/" + STORED + ", " + STORED), true, false),
        Arguments.of(List.of("If-Match", OTHER, "If-Match", STORED), true, false),
        Arguments.of(List.of("If-Match", OTHER, "If-Match", OTHER), false, false),
        Arguments.of(List.of("If-Match", "\"'OR'1'='1\""), false, false),
        Arguments.of(List.of("If-Match", "\"" + "x".repeat(4000) + "\""), false, false),
        Arguments.of(List.of("If-None-Match", STORED), false, true),
        Arguments.of(List.of("If-None-Match", OTHER), true, true),
        Arguments.of(List.of("If-None-Match", "*"), false, true),
        Arguments.of(List.of("If-None-Match", "\"*\""), true, true),
        Arguments.of(List.of("If-None-Match", "\"\""), true, true),
        Arguments.of(List.of("If-None-Match", OTHER + ", " + STORED), false, true),
        Arguments.of(List.of("If-None-Match", OTHER + ", \"x\""), true, true),
        Arguments.of(List.of("If-None-Match", "W/" + STORED), false, true),
        Arguments.of(List.of("If-None-Match", "W/" + OTHER), true, true),
        Arguments.of(List.of("If-None-Match", OTHER, "If-None-Match", STORED), false, true),
        Arguments.of(List.of("If-None-Match", ",," + STORED), false, true),
        Arguments.of(List.of("If-Match", STORED, "If-None-Match", OTHER), true, false),
        Arguments.of(List.of("If-Match", STORED, "If-None-Match", "*"), false, false),
        Arguments.of(List.of("If-Match", STORED, "If-None-Match", STORED), false, false),
        Arguments.of(List.of("If-Match", "*", "If-None-Match", OTHER), true, false),
        Arguments.of(List.of("If-Match", "*", "If-None-Match", "*"), false, false),
        Arguments.of(List.of("If-Match", OTHER, "If-None-Match", OTHER), false, false));
  }

  static Stream<List<String>> unreadable() {
    return Stream.of("If-Match", "If-None-Match")
        .flatMap(name ->
            Stream.of(
                    "",
                    " ",
                    ",",
                    "x",
                    "6b1f0c1e-5d0a-4f57-9a43-0c1d2e3f4a5b",
                    "'6b1f0c1e-5d0a-4f57-9a43-0c1d2e3f4a5b'",
                    "\"",
                    "\"open",
                    "open\"",
                    "\"a\"b\"",
                    "\"a\" \"b\"",
                    "\"a\";\"b\"",
                    "\"a b\"",
                    "\"a\tb\"",
                    "\"a\\\"b\"",
                    "w/\"a\"",
                    "W/a",
                    "W/ \"a\"",
                    "W/*",
                    "**",
                    "*, *",
                    "*, \"a\"",
                    "\"a\", *",
                    "\"a\", b",
                    "null")
                .map(value -> List.of(name, value)));
  }

  private static User userWithSettings() {
    User user = setup.newUser();
    assertEquals(201, user.put("provider", "anthropic", "model", "before").status());
    return user;
  }

  private static String[] headers(List<String> headers, String stored) {
    return headers.stream()
        .map(value -> value.replace(STORED, stored))
        .map(value -> value.replace("<version>", stored.replace("\"", "")))
        .toArray(String[]::new);
  }

  private static Reply put(Api api, String... headers) {
    return api.put(Bodies.json("provider", "anthropic", "model", "after"), headers);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("conditions")
  void decideOverPutAndDelete(List<String> condition, boolean withRow, boolean withoutRow) {
    User user = setup.newUser();
    String[] other = headers(condition, OTHER);
    assertEquals(withoutRow ? 204 : 412, user.api().delete(other).status());
    Reply created = put(user.api(), other);
    assertEquals(withoutRow ? 201 : 412, created.status());
    assertEquals(withoutRow ? "after" : "none", user.column("model"));

    user.put("provider", "anthropic", "model", "before");
    String row = user.row();
    String tag = user.api().get().header("etag");
    Reply replaced = put(user.api(), headers(condition, tag));
    if (withRow) {
      assertEquals("200 after", replaced.status() + " " + replaced.text("model"));
      assertNotEquals(tag, replaced.header("etag"));
      assertEquals("after", user.column("model"));
    } else {
      assertEquals("412 precondition_failed", replaced.status() + " " + replaced.code());
      assertEquals(row, user.row());
    }
    row = user.row();
    Reply removed = user.api().delete(headers(condition, user.api().get().header("etag")));
    assertEquals(withRow ? 204 : 412, removed.status());
    assertEquals(withRow ? "none" : row, user.row());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unreadable")
  void areNeverIgnoredWhenTheyCannotBeRead(List<String> header) {
    User user = userWithSettings();
    String row = user.row();
    String[] headers = header.toArray(String[]::new);
    Reply put = put(user.api(), headers);
    assertEquals("400 bad_request", put.status() + " " + put.code());
    Reply delete = user.api().delete(headers);
    assertEquals("400 bad_request", delete.status() + " " + delete.code());
    assertEquals(row, user.row());
  }

  @Test
  void aStarAndATagInTwoHeadersCannotBeRead() {
    User user = userWithSettings();
    String tag = user.api().get().header("etag");
    assertEquals(400, put(user.api(), "If-Match", "*", "If-Match", tag).status());
    assertEquals(400, user.api().delete("If-Match", "*", "If-Match", "*").status());
  }

  @Test
  void anOldVersionDoesNotMatchWhenTheSameIsSavedAgain() {
    User user = userWithSettings();
    String old = user.api().get().header("etag");
    user.put("provider", "anthropic", "model", "before");
    assertEquals(412, put(user.api(), "If-Match", old).status());
    assertEquals(412, user.api().delete("If-Match", old).status());
  }

  @Test
  void anOldVersionDoesNotMatchAfterDeletingAndCreatingAnew() {
    User user = userWithSettings();
    String old = user.api().get().header("etag");
    user.api().delete();
    assertEquals(412, put(user.api(), "If-Match", old).status());
    user.put("provider", "anthropic", "model", "before");
    assertEquals(412, put(user.api(), "If-Match", old).status());
    assertEquals(412, user.api().delete("If-Match", old).status());
    assertEquals("before", user.column("model"));
  }

  @Test
  void areCheckedAfterTheRequestItself() {
    User user = userWithSettings();
    assertEquals(422, user.api().put("{}", "If-Match", OTHER).status());
    assertEquals(400, user.api().put("{", "If-Match", OTHER).status());
    assertEquals(
        415, user.api().put("{}", "If-Match", OTHER, "Content-Type", "text/plain").status());
    assertEquals(401, setup.service().anonymous().delete("If-Match", OTHER).status());
  }

  @Test
  void aChainOfVersionsNeverBreaks() {
    User user = userWithSettings();
    String tag = user.api().get().header("etag");
    for (int i = 0; i < 20; i++) {
      Reply next = put(user.api(), "If-Match", tag);
      assertEquals(200, next.status());
      tag = next.header("etag");
    }
    assertEquals(204, user.api().delete("If-Match", tag).status());
  }
}
