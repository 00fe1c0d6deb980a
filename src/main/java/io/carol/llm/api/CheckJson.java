package io.carol.llm.api;

import static io.carol.llm.provider.CheckResult.wireName;

import io.carol.llm.provider.CheckResult;
import io.carol.llm.settings.LlmStatus;
import io.carol.llm.settings.Outcome;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.time.Instant;

/** The JSON of the answers of {@link CheckResource}. */
final class CheckJson {
  // Looked up once: JsonProvider.provider() searches the class path at every call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private CheckJson() {}

  static byte[] write(CheckResult result) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      CheckResult.Reason reason = result.reason();
      json.writeStartObject().write("verdict", wireName(result.verdict()));
      SettingsJson.write(json, "reason", reason == null ? null : wireName(reason));
      json.write("key", wireName(result.key()))
          .write("model", wireName(result.model()))
          .writeStartArray("models");
      result.models().forEach(json::write);
      json.writeEnd().writeEnd();
    }
    return bytes.toByteArray();
  }

  static byte[] write(LlmStatus status) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      Instant reportedAt = status.lastUsedAt();
      Outcome outcome = status.lastOutcome();
      json.writeStartObject().write("key", wireName(status.key()));
      SettingsJson.write(json, "lastUsedAt", reportedAt == null ? null : reportedAt.toString());
      SettingsJson.write(json, "lastOutcome", outcome == null ? null : outcome.wireName());
      SettingsJson.write(json, "lastOutcomeAt", reportedAt == null ? null : reportedAt.toString());
      json.writeEnd();
    }
    return bytes.toByteArray();
  }
}
