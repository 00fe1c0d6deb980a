import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.LlmSettingsApi;
import org.openapitools.client.model.AnthropicSettings;
import org.openapitools.client.model.AnthropicSettingsUpdate;
import org.openapitools.client.model.LlmSettingsUpdate;
import org.openapitools.client.model.LlmStatus;
import org.openapitools.client.model.OpenAiCompatibleSettings;
import org.openapitools.client.model.OpenAiCompatibleSettingsUpdate;
import org.openapitools.client.model.ProblemCode;
import org.openapitools.client.model.ValidationProblem;

/** Uses the client of the generator java, library okhttp-gson. Arguments: service, token, newer service. */
class JavaOkHttp {
  public static void main(String[] args) throws Exception {
    LlmSettingsApi api = api(args[0], args[1]);

    OpenAiCompatibleSettingsUpdate update = new OpenAiCompatibleSettingsUpdate();
    update.setProvider(OpenAiCompatibleSettingsUpdate.ProviderEnum.OPENAI_COMPATIBLE);
    update.setModel("m-1");
    update.setBaseUrl("http://my_ollama:11434/v1");
    update.setApiKey("sk-FAKE");
    check(keyConfigured(api, update), "a key is stored");
    LlmStatus status = api.getLlmStatus();
    check(status.getKey() == LlmStatus.KeyEnum.STORED, "the status is typed");
    check(status.getLastOutcome() == null, "null is read where no outcome was reported");

    OpenAiCompatibleSettings read = api.getLlmSettings().getOpenAiCompatibleSettings();
    check(read.getBaseUrl().equals("http://my_ollama:11434/v1"), "the address is read back");

    OpenAiCompatibleSettingsUpdate kept = new OpenAiCompatibleSettingsUpdate();
    kept.setProvider(OpenAiCompatibleSettingsUpdate.ProviderEnum.OPENAI_COMPATIBLE);
    kept.setModel("m-2");
    kept.setBaseUrl("http://my_ollama:11434/v1");
    check(keyConfigured(api, kept), "a key that is not set is kept");

    kept.setApiKey(null);
    check(keyConfigured(api, kept), "null is not sent, so that the key is kept");
    api.deleteLlmApiKey(null, null);
    check(
        !api.getLlmSettings().getOpenAiCompatibleSettings().getKeyConfigured(),
        "the key alone is removed");

    AnthropicSettingsUpdate masked = new AnthropicSettingsUpdate();
    masked.setProvider(AnthropicSettingsUpdate.ProviderEnum.ANTHROPIC);
    masked.setModel("m");
    masked.setApiKey("****");
    try {
      api.putLlmSettings(new LlmSettingsUpdate(masked), null, null);
      throw new AssertionError("a mask is taken for a key");
    } catch (ApiException e) {
      check(e.getCode() == 422, "a mask is refused");
      ValidationProblem problem =
          ValidationProblem.fromJson(e.getResponseBody());
      check(problem.getCode() == ProblemCode.INVALID, "the problem is typed");
      check(problem.getErrors().get(0).getPointer().equals("/apiKey"), "its members too");
    }
    api.deleteLlmSettings(null, null);

    AnthropicSettings newer = api(args[2], args[1]).getLlmSettings().getAnthropicSettings();
    check(newer.getModel().equals("m"), "a newer answer is read");
  }

  private static LlmSettingsApi api(String url, String token) {
    ApiClient client = new ApiClient();
    client.setBasePath(url);
    client.setBearerToken(token);
    return new LlmSettingsApi(client);
  }

  private static boolean keyConfigured(LlmSettingsApi api, OpenAiCompatibleSettingsUpdate update)
      throws ApiException {
    return api.putLlmSettings(new LlmSettingsUpdate(update), null, null)
        .getOpenAiCompatibleSettings()
        .getKeyConfigured();
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("It does not hold that " + what);
    }
  }
}
