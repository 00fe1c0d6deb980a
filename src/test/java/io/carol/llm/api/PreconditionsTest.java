package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@code If-Match} and {@code If-None-Match} decide on PUT and DELETE (RFC 9110 §13.1), with
 * and without a row. How they are read: EntityTagsTest.
 */
final class PreconditionsTest {
  /** In a header, stands for the ETag of what is stored. */
  private static final String STORED = "<stored>";

  /** A version that nothing has. */
  private static final String OTHER = "\"00000000-0000-4000-8000-000000000000\"";

  /** What either header may be; empty where it is not sent. */
  private static final List<String> VALUES = List.of("", OTHER + ", " + STORED, OTHER, "*");

  private static final Setup setup = Setup.shared();

  private static User userWithSettings() {
    User user = setup.newUser();
    assertEquals(201, user.put("provider", "anthropic", "model", "before").status());
    return user;
  }

  private static String[] headers(String ifMatch, String ifNoneMatch, String stored) {
    List<String> headers = new ArrayList<>();
    if (!ifMatch.isEmpty()) {
      headers.addAll(List.of("If-Match", ifMatch.replace(STORED, stored)));
    }
    if (!ifNoneMatch.isEmpty()) {
      headers.addAll(List.of("If-None-Match", ifNoneMatch.replace(STORED, stored)));
    }
    return headers.toArray(String[]::new);
  }

  private static Reply put(Api api, String... headers) {
    return api.put(Bodies.json("provider", "anthropic", "model", "after"), headers);
  }

  static Stream<Arguments> conditions() {
    return VALUES.stream()
        .flatMap(ifMatch -> VALUES.stream().map(ifNoneMatch -> Arguments.of(ifMatch, ifNoneMatch)));
  }

  private static boolean matchesARow(String value) {
    return value.contains(STORED) || value.equals("*");
  }

  @ParameterizedTest(name = "If-Match {0} and If-None-Match {1}")
  @MethodSource("conditions")
  void decideOverPutAndDelete(String ifMatch, String ifNoneMatch) {
    boolean withRow = (ifMatch.isEmpty() || matchesARow(ifMatch)) && !matchesARow(ifNoneMatch);
    boolean withoutRow = ifMatch.isEmpty();
    User user = setup.newUser();
    String[] other = headers(ifMatch, ifNoneMatch, OTHER);
    assertEquals(withoutRow ? 204 : 412, user.api().delete(other).status());
    Reply created = put(user.api(), other);
    assertEquals(withoutRow ? 201 : 412, created.status());
    assertEquals(withoutRow ? "after" : "none", user.column("model"));

    user.put("provider", "anthropic", "model", "before");
    String row = user.row();
    String tag = user.api().get().header("etag");
    Reply replaced = put(user.api(), headers(ifMatch, ifNoneMatch, tag));
    if (withRow) {
      assertEquals("200 after", replaced.status() + " " + replaced.text("model"));
      assertNotEquals(tag, replaced.header("etag"));
      assertEquals("after", user.column("model"));
    } else {
      assertEquals("412 precondition_failed", replaced.status() + " " + replaced.code());
      assertEquals(row, user.row());
    }
    row = user.row();
    Reply removed =
        user.api().delete(headers(ifMatch, ifNoneMatch, user.api().get().header("etag")));
    assertEquals(withRow ? 204 : 412, removed.status());
    assertEquals(withRow ? "none" : row, user.row());
  }

  @ParameterizedTest
  @CsvSource({"If-Match, ''", "If-Match, x", "If-None-Match, ''", "If-None-Match, x"})
  void changeNothingWhenTheyCannotBeRead(String name, String value) {
    User user = userWithSettings();
    String row = user.row();
    Reply put = put(user.api(), name, value);
    assertEquals("400 bad_request", put.status() + " " + put.code());
    Reply delete = user.api().delete(name, value);
    assertEquals("400 bad_request", delete.status() + " " + delete.code());
    assertEquals(row, user.row());
  }

  @Test
  void areReadFromEveryHeaderOfTheName() {
    User user = userWithSettings();
    String tag = user.api().get().header("etag");
    assertEquals(400, put(user.api(), "If-Match", "*", "If-Match", tag).status());
    assertEquals(412, put(user.api(), "If-Match", OTHER, "If-Match", OTHER).status());
    assertEquals(200, put(user.api(), "If-Match", OTHER, "If-Match", tag).status());
  }

  @Test
  void anOldVersionMatchesNeitherTheSameSavedAgainNorWhatIsCreatedAnew() {
    User user = userWithSettings();
    String old = user.api().get().header("etag");
    user.put("provider", "anthropic", "model", "before");
    assertEquals(412, put(user.api(), "If-Match", old).status());
    assertEquals(412, user.api().delete("If-Match", old).status());
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
}
