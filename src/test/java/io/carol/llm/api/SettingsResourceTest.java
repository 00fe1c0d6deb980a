package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Reply;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The three verbs over real HTTP on real PostgreSQL. */
final class SettingsResourceTest {
  private static final Setup setup = Setup.shared();

  private static Reply putAnthropic(User user, String model) {
    return user.put("provider", "anthropic", "model", model);
  }

  @Nested
  final class Get {
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
    void replacesTheBaseUrlAsAWhole() {
      User user = setup.newUser();
      user.put("provider", "openai_compatible", "model", "m", "baseUrl", "https://a.example/v1");
      Reply replaced = putAnthropic(user, "m");
      assertEquals("null", replaced.text("baseUrl"));
      assertEquals("null", user.column("base_url"));
      assertEquals("null", user.column("base_url_origin"));
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
    void is204AsOftenAsOneLikesAndLeavesTheUser() {
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
    @ParameterizedTest
    @ValueSource(strings = {"x", "X", " x", "x ", "'x' OR '1'='1", "\u00e9", "e\u0301", "\ufeffx"})
    void haveEachTheirOwnSettingsWhateverTheirIdLooksLike(String id) {
      User user = setup.user(id);
      assertEquals(201, putAnthropic(user, "of one").status());
      assertEquals("of one", user.api().get().text("model"));
      assertEquals(id, user.column("user_id"));
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
