package io.carol.llm.api;

import io.carol.llm.crypto.EncryptionKeyMalformedException;
import io.carol.llm.crypto.EncryptionKeyMissingException;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.http.FieldError;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.Problems;
import io.carol.llm.http.RequestFilter;
import io.carol.llm.http.UserId;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.LlmSettingsService.SaveResult;
import io.carol.llm.settings.Preconditions;
import io.carol.llm.settings.StoredSettings;
import io.carol.llm.settings.WriteRefusedException;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** {@code GET}, {@code PUT} and {@code DELETE} of one's own LLM settings. */
public final class SettingsResource {
  /** Where the settings are. */
  public static final String PATH = "/api/settings/llm";

  private static final Header ALLOW = HeaderValues.createCached("Allow", "GET, PUT, DELETE");
  private static final Header JSON =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
  private static final Pattern JSON_TYPE =
      Pattern.compile("application/json[ \\t]*+(;[ \\t]*+(charset=(utf-8|\"utf-8\"))?+[ \\t]*+)*+");

  // Small, and grown with what has come: who sends slowly must not hold more memory than they sent.
  private static final int PIECE_BYTES = 1024;

  private final LlmSettingsService credentials;
  private final BaseUrlPolicy policy;

  public SettingsResource(LlmSettingsService credentials, BaseUrlPolicy policy) {
    this.credentials = credentials;
    this.policy = policy;
  }

  /**
   * Adds the routes and what becomes of the exceptions of the rooms below.
   *
   * @param authentication leaves the caller's {@link UserId} in the request's context, or ends the
   *     request
   * @param writeLimit the same for somebody who changes too much
   */
  public void register(HttpRouting.Builder routing, Handler authentication, Handler writeLimit) {
    routing
        .get(PATH, authentication, this::find)
        .put(PATH, authentication, writeLimit, this::save)
        .delete(PATH, authentication, writeLimit, this::remove)
        .any(PATH, SettingsResource::refuseMethod)
        .error(WriteRefusedException.class, Problems.as(SettingsResource::problem))
        .error(
            DatabaseUnavailableException.class,
            Problems.as(e ->
                new ProblemException(
                    ProblemType.DATABASE_UNAVAILABLE,
                    "The database did not answer. Send the same request again in a moment.")))
        .error(
            EncryptionKeyMissingException.class,
            Problems.as(e ->
                new ProblemException(
                    ProblemType.ENCRYPTION_KEY_MISSING,
                    "Nothing was stored. The operator has to set CAROL_ENCRYPTION_KEY.",
                    e)))
        .error(
            EncryptionKeyMalformedException.class,
            Problems.as(e ->
                new ProblemException(
                    ProblemType.ENCRYPTION_KEY_MALFORMED,
                    "Nothing was stored. The operator has to correct CAROL_ENCRYPTION_KEY.",
                    e)));
  }

  private void find(ServerRequest request, ServerResponse response) {
    StoredSettings settings =
        credentials
            .find(userId(request))
            .orElseThrow(() ->
                new ProblemException(
                    ProblemType.NOT_CONFIGURED, "Choose an LLM first: PUT your settings here."));
    send(response, Status.OK_200, settings);
  }

  private void save(ServerRequest request, ServerResponse response) {
    requireJson(request);
    Preconditions preconditions = EntityTags.preconditions(request.headers());
    SettingsRequest update = SettingsRequest.read(body(request), policy);
    SaveResult result =
        credentials.save(userId(request), update.settings(), update.keyChange(), preconditions);
    send(response, result.created() ? Status.CREATED_201 : Status.OK_200, result.settings());
  }

  private void remove(ServerRequest request, ServerResponse response) {
    credentials.remove(userId(request), EntityTags.preconditions(request.headers()));
    response.status(Status.NO_CONTENT_204).send();
  }

  private static void send(ServerResponse response, Status status, StoredSettings settings) {
    response
        .status(status)
        .header(JSON)
        .header(HeaderNames.ETAG, EntityTags.of(settings.version()))
        .send(SettingsJson.write(settings));
  }

  private static String userId(ServerRequest request) {
    return request.context().get(UserId.class).orElseThrow().value();
  }

  private static void requireJson(ServerRequest request) {
    List<String> types = request.headers().all(HeaderNames.CONTENT_TYPE, List::of);
    if (types.size() != 1
        || !JSON_TYPE.matcher(types.getFirst().toLowerCase(Locale.ROOT)).matches()) {
      throw new ProblemException(
          ProblemType.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json in UTF-8.");
    }
  }

  private static byte[] body(ServerRequest request) {
    try (InputStream body = request.content().inputStream()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(PIECE_BYTES);
      byte[] piece = new byte[PIECE_BYTES];
      for (int count = body.read(piece); count >= 0; count = body.read(piece)) {
        bytes.write(piece, 0, count);
        if (bytes.size() > RequestFilter.MAX_BODY_BYTES) {
          throw RequestFilter.tooLarge();
        }
      }
      return bytes.toByteArray();
    } catch (RequestException e) {
      throw switch (e.status().code()) {
        case 413 -> RequestFilter.tooLarge(HeaderValues.CONNECTION_CLOSE);
        default -> incomplete();
      };
    } catch (IOException | DataReader.InsufficientDataAvailableException e) {
      throw incomplete();
    }
  }

  private static ProblemException incomplete() {
    return new ProblemException(
        ProblemType.BAD_REQUEST,
        "The body could not be read to its end.",
        HeaderValues.CONNECTION_CLOSE);
  }

  private static void refuseMethod(ServerRequest request, ServerResponse response) {
    throw new ProblemException(ProblemType.METHOD_NOT_ALLOWED, "Use GET, PUT or DELETE.", ALLOW);
  }

  private static ProblemException problem(WriteRefusedException refused) {
    return switch (refused.reason()) {
      case PRECONDITION_FAILED ->
          new ProblemException(
              ProblemType.PRECONDITION_FAILED,
              "The settings were changed elsewhere. Nothing was stored; GET them and decide again.");
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
              ProblemType.UNKNOWN_USER, "Carol does not know this user. Nothing was stored.");
    };
  }
}
