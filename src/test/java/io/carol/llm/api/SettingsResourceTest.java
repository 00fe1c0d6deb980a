package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Reply;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The three verbs over real HTTP on real PostgreSQL. */
final class SettingsResourceTest {
  @AutoClose private static final Setup setup = Setup.start();

  private static Reply putAnthropic(User user, String model) {
    return user.put("provider", "anthropic", "model", model);
  }

  @Nested
  final class Get {
    @Test
    void answersAnthropicWithANullBaseUrl() {
      User user = setup.newUser();
      putAnthropic(user, "claude-sonnet-4-5");
      Reply read = user.api().get();
      assertEquals(200, read.status());
      assertEquals(
          "{\"provider\":\"anthropic\",\"model\":\"claude-sonnet-4-5\",\"baseUrl\":null,"
              + "\"keyConfigured\":false}",
          read.body());
    }

    @Test
    void neverSaysMoreThanTheFourMembers() {
      User user = setup.newUser();
      user.put(
          "provider", "openai_compatible",
          "model", "m",
          "baseUrl", "https://llm.example/v1",
          "apiKey", "sk-Qz7Xw9Kp4Vt2");
      Reply read = user.api().get();
      assertEquals(
          "{\"provider\":\"openai_compatible\",\"model\":\"m\","
              + "\"baseUrl\":\"https://llm.example/v1\",\"keyConfigured\":true}",
          read.body());
    }

    @Test
    void answersTheSameETagUntilSomethingIsSaved() {
      User user = setup.newUser();
      String saved = putAnthropic(user, "m").header("etag");
      assertEquals(saved, user.api().get().header("etag"));
      assertEquals(saved, user.api().get().header("etag"));
    }

    @Test
    void doesNotLookAtPreconditions() {
      User user = setup.newUser();
      String tag = putAnthropic(user, "m").header("etag");
      assertEquals(200, user.api().get("If-None-Match", tag).status());
      assertEquals(200, user.api().get("If-Match", "\"other\"").status());
      assertEquals(200, user.api().get("If-Match", "nonsense").status());
    }

    @Test
    void doesNotCompress() {
      User user = setup.newUser();
      putAnthropic(user, "m");
      Reply read = user.api().get("Accept-Encoding", "gzip, deflate, br");
      assertEquals("", read.header("content-encoding"));
      assertEquals("m", read.text("model"));
    }
  }

  @Nested
  final class Put {
    @Test
    void is201WhenNothingWasStoredAnd200AfterThat() {
      User user = setup.newUser();
      assertEquals(201, putAnthropic(user, "one").status());
      assertEquals(200, putAnthropic(user, "two").status());
      assertEquals(200, putAnthropic(user, "two").status());
      user.api().delete();
      assertEquals(201, putAnthropic(user, "two").status());
    }

    @Test
    void answersWhatGetAnswers() {
      User user = setup.newUser();
      Reply created =
          user.put(
              "provider", "openai_compatible",
              "model", "m",
              "baseUrl", "http://ollama:11434/v1");
      Reply read = user.api().get();
      assertEquals(read.body(), created.body());
      assertEquals(read.header("etag"), created.header("etag"));
      assertEquals(read.header("content-type"), created.header("content-type"));
      assertEquals("application/json", created.header("content-type"));
    }

    @Test
    void changesTheETagAlsoWhenNothingElseChanges() {
      User user = setup.newUser();
      List<String> tags =
          IntStream.range(0, 5).mapToObj(i -> putAnthropic(user, "same").header("etag")).toList();
      assertEquals(5, tags.stream().distinct().count());
    }

    @Test
    void replacesTheBaseUrlAsAWhole() {
      User user = setup.newUser();
      user.put("provider", "openai_compatible", "model", "m", "baseUrl", "https://a.example/v1");
      Reply replaced = putAnthropic(user, "m");
      assertEquals("null", replaced.text("baseUrl"));
      assertEquals("null", user.column("base_url"));
      assertEquals("null", user.column("base_url_origin"));
    }

    @Test
    void reportsEveryMistakeAtOnce() {
      Reply refused = setup.newUser().api().put("{\"provider\":\"x\",\"foo\":1,\"apiKey\":\"\"}");
      assertEquals(422, refused.status());
      assertEquals(
          List.of(
              "/foo unknown_field",
              "/provider unsupported_value",
              "/model required",
              "/apiKey api_key_blank"),
          refused.fieldErrors());
    }

    @Test
    void storesNothingWhenAnyMemberIsRefused() {
      User user = setup.newUser();
      putAnthropic(user, "before");
      String row = user.row();
      assertEquals(422, user.put("provider", "anthropic", "model", "").status());
      assertEquals(
          422, user.put("provider", "anthropic", "model", "after", "apiKey", "a b").status());
      assertEquals(row, user.row());
    }

    @Test
    void keepsTheTimeOfCreationAndMovesTheTimeOfChange() {
      User user = setup.newUser();
      putAnthropic(user, "one");
      String created = user.column("created_at");
      assertEquals(created, user.column("updated_at"));
      putAnthropic(user, "two");
      assertEquals(created, user.column("created_at"));
      assertEquals("t", user.column("updated_at > created_at"));
    }
  }

  @Nested
  final class Delete {
    @Test
    void is204AsOftenAsOneLikes() {
      User user = setup.newUser();
      assertEquals(204, user.api().delete().status());
      putAnthropic(user, "m");
      Reply removed = user.api().delete();
      assertEquals("204 ", removed.status() + " " + removed.body());
      assertEquals("", removed.header("content-type"));
      assertEquals("", removed.header("etag"));
      assertEquals(204, user.api().delete().status());
      assertEquals(404, user.api().get().status());
      assertEquals("none", user.row());
    }

    @Test
    void leavesTheUser() {
      User user = setup.newUser();
      putAnthropic(user, "m");
      user.api().delete();
      assertTrue(user.exists());
    }

    @Test
    void ignoresABody() {
      User user = setup.newUser();
      putAnthropic(user, "m");
      assertEquals(
          204, user.api().send("DELETE", "/api/settings/llm", "{".getBytes(UTF_8)).status());
      assertEquals("none", user.row());
    }
  }

  @Nested
  final class Users {
    private static final List<String> IDS =
        List.of(
            "plain",
            "Plain",
            " plain",
            "plain ",
            "with space",
            "o'hara",
            "double\"quote",
            "back\\slash",
            "'; DROP TABLE user_llm_credentials; --",
            "' OR '1'='1",
            "%",
            "_",
            "*",
            ":user_id",
            "$1",
            "?",
            "${user}",
            "null",
            "0",
            "a,b",
            "a/b",
            "../plain",
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "https://idp.example/users?id=1&x=<y>",
            "\u00e9",
            "e\u0301",
            "\u7528\u6237",
            "\ud83d\udc69\u200d\ud83d\ude80",
            "\u202eadmin",
            "\ufeffplain",
            "x".repeat(254),
            "x".repeat(255),
            "\ud83d\ude80".repeat(255));

    @Test
    void haveEachTheirOwnSettingsWhateverTheirIdLooksLike() {
      List<User> users = IDS.stream().map(setup::user).toList();
      for (int i = 0; i < users.size(); i++) {
        Reply created =
            users.get(i).put("provider", "anthropic", "model", "m" + i, "apiKey", "sk-" + i);
        assertEquals(201, created.status(), users.get(i).id());
      }
      for (int i = 0; i < users.size(); i++) {
        User user = users.get(i);
        assertEquals("m" + i, user.api().get().text("model"), user.id());
        assertEquals(Optional.of("sk-" + i), user.key(), user.id());
        assertEquals(user.id(), user.column("user_id"));
      }
      users.getFirst().api().delete();
      assertEquals(404, users.getFirst().api().get().status());
      assertAll(
          users.stream()
              .skip(1)
              .map(user -> () -> assertEquals(200, user.api().get().status(), user.id())));
    }

    @Test
    void cannotUseEachOthersETags() {
      User one = setup.newUser();
      User two = setup.newUser();
      String tag = putAnthropic(one, "one").header("etag");
      String other = putAnthropic(two, "two").header("etag");
      assertNotEquals(tag, other);
      assertEquals(412, two.api().delete("If-Match", tag).status());
      assertEquals(200, two.api().get().status());
    }
  }
}
