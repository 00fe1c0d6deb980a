package io.carol.llm.api;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.http.FieldError;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.Problems;
import io.carol.llm.http.Responses;
import io.carol.llm.http.UserId;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.LlmSettingsService.Saved;
import io.carol.llm.settings.LlmStatus;
import io.carol.llm.settings.Preconditions;
import io.carol.llm.settings.StoredSettings;
import io.carol.llm.settings.WriteRefusedException;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;

/** The LLM settings of the user who sends the request. */
public final class SettingsResource {
  public static final String PATH = "/api/settings/llm";
  public static final String KEY_PATH = PATH + "/api-key";
  public static final String STATUS_PATH = PATH + "/status";

  private final LlmSettingsService service;

  public SettingsResource(LlmSettingsService service) {
    this.service = service;
  }

  /**
   * Adds the routes, and the problems that answer the exceptions of the packages below.
   *
   * @param authentication leaves the caller's {@link UserId} in the request's context, or ends the
   *     request
   * @param writeLimit ends the request of a user who writes too much
   */
  public void register(HttpRouting.Builder routing, Handler authentication, Handler writeLimit) {
    routing
        .get(PATH, authentication, this::find)
        .head(PATH, authentication, this::find)
        .put(PATH, authentication, writeLimit, this::save)
        .delete(PATH, authentication, writeLimit, this::remove)
        .any(PATH, Problems.onlyAllow("GET", "HEAD", "PUT", "DELETE"))
        .delete(KEY_PATH, authentication, writeLimit, this::removeKey)
        .any(KEY_PATH, Problems.onlyAllow("DELETE"))
        .get(STATUS_PATH, authentication, this::status)
        .head(STATUS_PATH, authentication, this::status)
        .any(STATUS_PATH, Problems.onlyAllow("GET", "HEAD"))
        .error(WriteRefusedException.class, Problems.as(SettingsResource::problem))
        .error(DatabaseUnavailableException.class, Problems.as(SettingsResource::problem))
        .error(CryptoException.class, Problems.as(SettingsResource::problem));
  }

  private void find(ServerRequest request, ServerResponse response) {
    StoredSettings settings =
        service.find(UserId.of(request)).orElseThrow(SettingsResource::notConfigured);
    send(request, response, Status.OK_200, settings);
  }

  private void save(ServerRequest request, ServerResponse response) {
    RequestBody.requireJson(request);
    Preconditions preconditions = EntityTags.preconditions(request.headers());
    SettingsRequest sent = SettingsRequest.read(RequestBody.read(request), service.baseUrlPolicy());
    Saved result =
        service.save(UserId.of(request), sent.settings(), sent.keyChange(), preconditions);
    send(
        request,
        response,
        result.created() ? Status.CREATED_201 : Status.OK_200,
        result.settings());
  }

  private void remove(ServerRequest request, ServerResponse response) {
    service.remove(UserId.of(request), EntityTags.preconditions(request.headers()));
    response.status(Status.NO_CONTENT_204).send();
  }

  private void removeKey(ServerRequest request, ServerResponse response) {
    service.removeKey(UserId.of(request), EntityTags.preconditions(request.headers()));
    response.status(Status.NO_CONTENT_204).send();
  }

  private void status(ServerRequest request, ServerResponse response) {
    LlmStatus status =
        service.status(UserId.of(request)).orElseThrow(SettingsResource::notConfigured);
    Responses.sendJson(request, response, ResponseJson.of(status));
  }

  private static void send(
      ServerRequest request, ServerResponse response, Status status, StoredSettings settings) {
    response.status(status).header(HeaderNames.ETAG, EntityTags.of(settings.version()));
    Responses.sendJson(request, response, ResponseJson.of(settings));
  }

  private static ProblemException problem(CryptoException notSealed) {
    return switch (notSealed.reason()) {
      case KEY_MISSING ->
          notStored(
              ProblemType.ENCRYPTION_KEY_MISSING,
              "set an encryption key. The log says which variable or file lacks it",
              notSealed);
      case KEY_MALFORMED ->
          notStored(
              ProblemType.ENCRYPTION_KEY_MALFORMED,
              "correct the encryption key. The log says which variable or file is wrong",
              notSealed);
      case KEY_FOREIGN ->
          notStored(
              ProblemType.ENCRYPTION_KEY_FOREIGN,
              "configure the encryption key of this database",
              notSealed);
      case KEY_RETIRED ->
          notStored(
              ProblemType.ENCRYPTION_KEY_RETIRED,
              "configure the encryption key that replaced the retired one",
              notSealed);
      // No request but a check opens a key, and it answers this with a verdict.
      case KEY_UNKNOWN, BROKEN -> Problems.internal(notSealed);
    };
  }

  private static ProblemException notStored(
      ProblemType type, String operatorHasTo, CryptoException cause) {
    return new ProblemException(
        type, "Nothing was stored. The operator has to " + operatorHasTo + ".", cause);
  }

  static ProblemException notConfigured() {
    return new ProblemException(
        ProblemType.NOT_CONFIGURED, "Choose an LLM first: PUT your settings at " + PATH + ".");
  }

  private static ProblemException problem(DatabaseUnavailableException unavailable) {
    return new ProblemException(
        ProblemType.DATABASE_UNAVAILABLE,
        switch (unavailable.reason()) {
          case UNREACHABLE, BUSY ->
              "The database did not answer. Send the same request again in a moment.";
          case NOT_MIGRATED, NOT_PERMITTED, POOLED ->
              "The service's database is not set up right. The operator finds the reason in the log"
                  + " and in the readiness probe.";
        });
  }

  private static ProblemException problem(WriteRefusedException refused) {
    return switch (refused.reason()) {
      case PRECONDITION_FAILED ->
          new ProblemException(
              ProblemType.PRECONDITION_FAILED,
              "What is stored does not meet If-Match or If-None-Match. Nothing was changed. GET the"
                  + " settings and decide again.");
      case KEY_WOULD_MOVE ->
          new ProblemException(
              List.of(
                  new FieldError(
                      "/apiKey",
                      "api_key_required",
                      "The stored key belongs to another provider or address and is not sent"
                          + " elsewhere. Send the key for this one, or null to go without.")));
      case UNKNOWN_USER ->
          new ProblemException(
              ProblemType.UNKNOWN_USER,
              "Carol does not know this user. Nothing was stored. The operator has to add the user,"
                  + " and finds the reason in the log.");
    };
  }
}
