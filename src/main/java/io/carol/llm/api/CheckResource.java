package io.carol.llm.api;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.Problems;
import io.carol.llm.http.Responses;
import io.carol.llm.http.UserId;
import io.carol.llm.provider.CheckResult;
import io.carol.llm.provider.ConnectionCheck;
import io.carol.llm.provider.TooManyChecksException;
import io.carol.llm.settings.LlmNotConfiguredException;
import io.carol.llm.settings.LlmSettingsService;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** Tries the LLM settings of the user, stored ones or not. An operator may switch it off. */
public final class CheckResource {
  public static final String PATH = SettingsResource.PATH + "/check";

  private final LlmSettingsService service;
  private final ConnectionCheck connectionCheck;

  public CheckResource(LlmSettingsService service, ConnectionCheck connectionCheck) {
    this.service = service;
    this.connectionCheck = connectionCheck;
  }

  /**
   * Adds the route.
   *
   * @param authentication as in {@link SettingsResource#register}
   * @param checkLimit ends the request of a user who checks too often
   */
  public void register(HttpRouting.Builder routing, Handler authentication, Handler checkLimit) {
    routing
        .post(PATH, authentication, checkLimit, this::check)
        .any(PATH, Problems.onlyAllow("POST"))
        .error(LlmNotConfiguredException.class, Problems.as(e -> SettingsResource.notConfigured()))
        .error(
            TooManyChecksException.class,
            Problems.as(e ->
                new ProblemException(
                    ProblemType.RATE_LIMITED,
                    "This replica runs as many checks as it may, of all users or of this one. Send"
                        + " the same request again in a moment.")));
  }

  private void check(ServerRequest request, ServerResponse response) {
    String userId = UserId.of(request);
    byte[] body = RequestBody.read(request);
    CheckResult result;
    if (body.length == 0) {
      result = connectionCheck.check(userId);
    } else {
      RequestBody.requireJson(request);
      SettingsRequest unsaved = SettingsRequest.read(body, service.baseUrlPolicy());
      result = connectionCheck.check(userId, unsaved.settings(), unsaved.keyChange());
    }
    Responses.sendJson(request, response, ResponseJson.of(result));
  }
}
