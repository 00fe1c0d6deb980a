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
import io.carol.llm.settings.LlmStatus;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** Whether the LLM settings of the user work: tried now, and as the agent has reported. */
public final class CheckResource {
  /** Where settings are tried. */
  public static final String CHECK_PATH = SettingsResource.PATH + "/check";

  /** Where the status of the stored key is. */
  public static final String STATUS_PATH = SettingsResource.PATH + "/status";

  private final LlmSettingsService service;
  private final ConnectionCheck connectionCheck;

  public CheckResource(LlmSettingsService service, ConnectionCheck connectionCheck) {
    this.service = service;
    this.connectionCheck = connectionCheck;
  }

  /**
   * Adds the route of the status, which is always there.
   *
   * @param authentication as in {@link SettingsResource#register}
   */
  public void registerStatus(HttpRouting.Builder routing, Handler authentication) {
    routing
        .get(STATUS_PATH, authentication, this::status)
        .head(STATUS_PATH, authentication, this::status)
        .any(STATUS_PATH, Problems.onlyAllow("GET", "HEAD"));
  }

  /**
   * Adds the route of the check, which an operator may switch off.
   *
   * @param authentication as in {@link SettingsResource#register}
   * @param checkLimit ends the request of a user who checks too often
   */
  public void registerCheck(
      HttpRouting.Builder routing, Handler authentication, Handler checkLimit) {
    routing
        .post(CHECK_PATH, authentication, checkLimit, this::check)
        .any(CHECK_PATH, Problems.onlyAllow("POST"))
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

  private void status(ServerRequest request, ServerResponse response) {
    LlmStatus status =
        service.status(UserId.of(request)).orElseThrow(SettingsResource::notConfigured);
    Responses.sendJson(request, response, ResponseJson.of(status));
  }
}
