package io.carol.llm.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The three verbs over real HTTP on real PostgreSQL. */
final class SettingsResourceTest {
  private static TestService service;

  @BeforeAll
  static void start() {
    service = TestService.start();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void whatWasSavedIsReadBackWithoutTheKey() {
    Api api = service.as("reader");
    Reply created =
        api.put(
            """
            {"provider":"openai_compatible","model":"m","baseUrl":"https://llm.example/v1","apiKey":"sk-a"}
            """);
    assertEquals(201, created.status());
    Reply read = api.get();
    assertEquals(200, read.status());
    assertEquals(
        "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":\"https://llm.example/v1\",\"keyConfigured\":true}",
        read.body());
    assertEquals(created.header("etag"), read.header("etag"));
  }

  @Test
  void everyMistakeIsReportedAtOnce() {
    Reply refused = service.as("mistaken").put("{\"provider\":\"x\",\"foo\":1,\"apiKey\":\"\"}");
    assertEquals(422, refused.status());
    assertEquals(
        List.of(
            "/foo unknown_field",
            "/provider unsupported_value",
            "/model required",
            "/apiKey api_key_blank"),
        refused.fieldErrors());
  }
}
