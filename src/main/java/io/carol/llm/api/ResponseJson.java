package io.carol.llm.api;

import static io.carol.llm.provider.CheckResult.wireName;

import io.carol.llm.http.Responses;
import io.carol.llm.provider.CheckResult;
import io.carol.llm.settings.LlmStatus;
import io.carol.llm.settings.Outcome;
import io.carol.llm.settings.StoredSettings;
import jakarta.json.stream.JsonGenerator;
import org.jspecify.annotations.Nullable;

/** The bodies of the responses. */
final class ResponseJson {
  private ResponseJson() {}

  static byte[] of(StoredSettings settings) {
    return Responses.json(json -> {
      json.write("provider", settings.provider()).write("model", settings.model());
      writeNullable(json, "baseUrl", settings.baseUrl());
      json.write("keyConfigured", settings.keyConfigured());
    });
  }

  static byte[] of(CheckResult result) {
    return Responses.json(json -> {
      CheckResult.Reason reason = result.reason();
      json.write("verdict", wireName(result.verdict()));
      writeNullable(json, "reason", reason == null ? null : wireName(reason));
      json.write("key", wireName(result.key()))
          .write("model", wireName(result.model()))
          .writeStartArray("models");
      result.models().forEach(json::write);
      json.writeEnd();
    });
  }

  static byte[] of(LlmStatus status) {
    return Responses.json(json -> {
      Outcome outcome = status.lastOutcome();
      json.write("key", wireName(status.key()));
      writeNullable(json, "lastUsedAt", status.lastUsedAt());
      writeNullable(json, "lastOutcome", outcome == null ? null : outcome.wireName());
      writeNullable(json, "lastOutcomeAt", status.lastUsedAt());
    });
  }

  private static void writeNullable(JsonGenerator json, String name, @Nullable Object value) {
    if (value == null) {
      json.writeNull(name);
    } else {
      json.write(name, value.toString());
    }
  }
}
