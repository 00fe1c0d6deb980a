package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import io.carol.llm.testing.Words;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request says of its body. */
final class RequestBodyTest {
  private static final String BODY = Bodies.json("provider", "anthropic", "model", "m");

  private static final Setup setup = Setup.shared();

  private static void requireUnsupported(User user, Reply reply) {
    assertEquals("415 unsupported_media_type", reply.status() + " " + reply.code());
    assertEquals("none", user.row());
  }

  @Nested
  final class Type {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "application/json",
          "Application/JSON",
          "application/json; charset=utf-8",
          "application/json;charset=UTF-8",
          "application/json ; charset=\"utf-8\"",
          "application/json;\tCharset=\"UTF-8\" ",
          "application/json;",
          "application/json; ; charset=utf-8"
        })
    void isJsonInUtf8(String type) {
      assertEquals(201, setup.newUser().api().put(BODY, "Content-Type", type).status());
    }

    @ParameterizedTest
    @Words(
        """
        json text/json text/plain application/x-www-form-urlencoded application/jsonp
        application/x-json application/problem+json application/* */*
        """)
    @ValueSource(
        strings = {
          "",
          "application/json, text/plain",
          "application/json text/plain",
          "application /json",
          "application/json; charset=utf-16",
          "application/json; charset=utf8",
          "application/json; charset=",
          "application/json; charset=\"utf-8",
          "application/json; charset=utf-8\"",
          "application/json; charset='utf-8'",
          "application/json; charset = utf-8",
          "application/json; charset=utf-8; charset=utf-16",
          "application/json; version=1",
          "application/json; x=\"; charset=utf-8\"",
        })
    void isNothingElse(String type) {
      User user = setup.newUser();
      requireUnsupported(user, user.api().put(BODY, "Content-Type", type));
    }

    @Test
    void isSaid() {
      User user = setup.newUser();
      try (RawHttp raw = new RawHttp(setup.service().connect())) {
        raw.send(
            "PUT /api/settings/llm HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                    .formatted(TestService.identity().token(user.id()))
                + "Content-Length: %d\r\n\r\n%s".formatted(BODY.length(), BODY));
        requireUnsupported(user, raw.read());
      }
    }

    @Test
    void isSaidOnce() {
      User user = setup.newUser();
      requireUnsupported(
          user,
          user.api()
              .put(BODY, "Content-Type", "application/json", "Content-Type", "application/json"));
      requireUnsupported(
          user,
          user.api().put(BODY, "Content-Type", "text/plain", "Content-Type", "application/json"));
    }

    @Test
    void isLookedAtBeforeTheBody() {
      User user = setup.newUser();
      requireUnsupported(user, user.api().put("{", "Content-Type", "text/plain"));
      requireUnsupported(user, user.api().put("", "Content-Type", "text/plain"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "GZIP", "br", "identity", "", "none"})
  void anEncodingIsRefusedAlsoWhenItChangesNothing(String encoding) {
    User user = setup.newUser();
    requireUnsupported(user, user.api().put(BODY, "Content-Encoding", encoding));
  }

  @Test
  void aBodyOverTheLimitIsRefusedAlsoWithGetAndDelete() {
    User user = setup.newUser();
    byte[] large = new byte[65_537];
    assertEquals(413, user.api().send("GET", "/api/settings/llm", large).status());
    assertEquals(413, user.api().send("DELETE", "/api/settings/llm", large).status());
  }
}
