package io.carol.llm.api;

import io.carol.llm.http.FieldError;
import io.carol.llm.http.ProblemException;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.ModelName;
import io.carol.llm.settings.Provider;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Valid settings that a client has sent, to save or to try. */
record SettingsRequest(LlmSettings settings, KeyChange keyChange) {
  /** The members there are, and what to send when one has another JSON type. */
  private static final Map<String, String> MEMBERS =
      Map.of(
          "provider", "Send a string.",
          "model", "Send a string.",
          "baseUrl", "Send a string or null.",
          "apiKey", "Send a string or null.");

  /**
   * Reads a request body.
   *
   * @throws ProblemException {@code malformed_json}, or {@code invalid} with the mistakes of all
   *     members there may be
   */
  static SettingsRequest read(byte[] body, BaseUrlPolicy policy) {
    List<FieldError> errors = new ArrayList<>();
    Map<String, Optional<String>> members = RequestBody.readObject(body, MEMBERS, errors);
    return new Validation(members, errors, policy).request();
  }

  private record Validation(
      Map<String, Optional<String>> members, List<FieldError> errors, BaseUrlPolicy policy) {

    SettingsRequest request() {
      Provider provider = required("provider", Provider::of);
      ModelName model = required("model", ModelName::new);
      BaseUrl baseUrl = baseUrl(provider);
      KeyChange keyChange = keyChange();
      if (!errors.isEmpty() || provider == null || model == null || keyChange == null) {
        throw new ProblemException(errors);
      }
      return new SettingsRequest(new LlmSettings(provider, model, baseUrl), keyChange);
    }

    private @Nullable BaseUrl baseUrl(@Nullable Provider provider) {
      Optional<String> text = sent("baseUrl");
      if (text.isPresent()) {
        return valid(
            "baseUrl",
            text.get(),
            url -> provider == null ? policy.parse(url) : policy.parse(provider, url));
      }
      switch (provider) {
        case ANTHROPIC -> valid("baseUrl", Provider.ANTHROPIC_ADDRESS, policy::parse);
        case OPENAI_COMPATIBLE ->
            report(
                "baseUrl",
                "base_url_required",
                "Send the address of the OpenAI-compatible service.");
        case null -> {}
      }
      return null;
    }

    private @Nullable KeyChange keyChange() {
      if (!members.containsKey("apiKey")) {
        return new KeyChange.Keep();
      }
      Optional<String> text = sent("apiKey");
      return text.isEmpty()
          ? new KeyChange.Clear()
          : valid("apiKey", text.get(), key -> new KeyChange.Replace(ApiKey.of(key)));
    }

    private <T> @Nullable T required(String name, Function<String, T> read) {
      Optional<String> text = sent(name);
      if (text.isPresent()) {
        return valid(name, text.get(), read);
      }
      report(name, "required", "Send a string.");
      return null;
    }

    private <T> @Nullable T valid(String name, String text, Function<String, T> read) {
      try {
        return read.apply(text);
      } catch (InvalidValueException e) {
        report(name, e.code(), e.getMessage());
        return null;
      }
    }

    private Optional<String> sent(String name) {
      return members.getOrDefault(name, Optional.empty());
    }

    /**
     * Notes the first mistake of a member. One of another JSON type has been noted before, and then
     * looks as if it was not sent.
     */
    private void report(String name, String code, String detail) {
      String pointer = "/" + name;
      if (errors.stream().noneMatch(error -> error.pointer().equals(pointer))) {
        errors.add(new FieldError(pointer, code, detail));
      }
    }
  }
}
