package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.api.Setup.User;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a body must say of itself, and how large it may be. */
final class RequestBodyTest {
  private static final int LIMIT = 65_536;
  private static final String BODY = Bodies.json("provider", "anthropic", "model", "m");

  @AutoClose private static final Setup setup = Setup.start();

  /** A PUT by hand; the headers and what follows them. */
  private static Reply putByHand(User user, String rest) {
    return Wire.exchange(
        setup.service().connect(),
        "PUT /api/settings/llm HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
            + TestService.identity().token(user.id())
            + "\r\n"
            + rest);
  }

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
    @ValueSource(
        strings = {
          "",
          "json",
          "text/json",
          "text/plain",
          "text/plain; charset=utf-8",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x",
          "application/octet-stream",
          "application/javascript",
          "application/jsonp",
          "application/json5",
          "application/x-json",
          "application/json-seq",
          "application/problem+json",
          "application/merge-patch+json",
          "application/ld+json",
          "application/vnd.api+json",
          "application/*",
          "*/*",
          "application/json, text/plain",
          "text/plain, application/json",
          "application/json text/plain",
          "application /json",
          "application/json; charset=utf-16",
          "application/json; charset=iso-8859-1",
          "application/json; charset=us-ascii",
          "application/json; charset=utf8",
          "application/json; charset=",
          "application/json; charset=\"utf-8",
          "application/json; charset=utf-8\"",
          "application/json; charset='utf-8'",
          "application/json; charset = utf-8",
          "application/json; charset=utf-8; charset=utf-16",
          "application/json; version=1",
          "application/json; x=\"; charset=utf-8\""
        })
    void isNothingElse(String type) {
      User user = setup.newUser();
      requireUnsupported(user, user.api().put(BODY, "Content-Type", type));
    }

    @Test
    void isSaid() {
      User user = setup.newUser();
      requireUnsupported(
          user, putByHand(user, "Content-Length: " + BODY.length() + "\r\n\r\n" + BODY));
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

  @Nested
  final class Encoding {
    @ParameterizedTest
    @ValueSource(
        strings = {"gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "aes128gcm"})
    void isRefused(String encoding) throws IOException {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(body)) {
        gzip.write(BODY.getBytes(UTF_8));
      }
      User user = setup.newUser();
      requireUnsupported(user, user.api().put(body.toByteArray(), "Content-Encoding", encoding));
      requireUnsupported(user, user.api().put(BODY, "Content-Encoding", encoding));
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "", "none"})
    void isRefusedAlsoWhenItChangesNothing(String encoding) {
      User user = setup.newUser();
      requireUnsupported(user, user.api().put(BODY, "Content-Encoding", encoding));
    }
  }

  @Nested
  final class Size {
    private static byte[] padded(int size) {
      byte[] body = Arrays.copyOf(BODY.getBytes(UTF_8), size);
      Arrays.fill(body, BODY.length(), size, (byte) ' ');
      return body;
    }

    private static String chunked(int size, int chunk) {
      StringBuilder body =
          new StringBuilder("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
      String text = new String(padded(size), UTF_8);
      for (int start = 0; start < size; start += chunk) {
        String part = text.substring(start, Math.min(size, start + chunk));
        body.append(Integer.toHexString(part.length())).append("\r\n").append(part).append("\r\n");
      }
      return body.append("0\r\n\r\n").toString();
    }

    @Test
    void mayBe64KiB() {
      assertEquals(201, setup.newUser().api().put(padded(LIMIT)).status());
      assertEquals(201, putByHand(setup.newUser(), chunked(LIMIT, LIMIT)).status());
      assertEquals(201, putByHand(setup.newUser(), chunked(LIMIT, 1_000)).status());
    }

    @ParameterizedTest
    @ValueSource(ints = {LIMIT + 1, LIMIT + 1_000, 1_000_000})
    void mayNotBeMore(int size) {
      User user = setup.newUser();
      Reply refused = user.api().put(padded(size));
      assertEquals("413 payload_too_large", refused.status() + " " + refused.code());
      assertEquals("none", user.row());
    }

    @ParameterizedTest
    @ValueSource(ints = {LIMIT + 1, LIMIT + 1_000})
    void mayNotBeMoreWhenItIsNotAnnounced(int size) {
      User user = setup.newUser();
      Reply refused = putByHand(user, chunked(size, 1_000));
      assertEquals("413 payload_too_large", refused.status() + " " + refused.code());
      assertEquals("none", user.row());
    }

    @ParameterizedTest
    @ValueSource(strings = {"65537", "10737418240", "999999999999999999"})
    void mayNotEvenBeAnnounced(String length) {
      Reply refused =
          putByHand(
              setup.newUser(),
              "Content-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n{");
      assertEquals("413 payload_too_large", refused.status() + " " + refused.code());
    }

    @Test
    void countsForARequestWithoutUseForABody() {
      User user = setup.newUser();
      byte[] large = padded(LIMIT + 1);
      assertEquals(413, user.api().send("GET", "/api/settings/llm", large).status());
      assertEquals(413, user.api().send("DELETE", "/api/settings/llm", large).status());
    }
  }
}
