package io.carol.llm.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client of the service that signs in as one user, and holds every response against the contract.
 */
public final class Api {
  /** The one resource there is. */
  public static final String PATH = "/api/settings/llm";

  /** One for all: reading it takes longer than most tests. */
  public static final Contract CONTRACT = new Contract();

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final int port;
  private final @Nullable String token;

  /**
   * @param token sent as bearer token; null to sign in otherwise or not at all
   */
  public Api(int port, @Nullable String token) {
    this.port = port;
    this.token = token;
  }

  public Reply get(String... headers) {
    return send("GET", PATH, null, headers);
  }

  public Reply put(String json, String... headers) {
    return put(json.getBytes(UTF_8), headers);
  }

  public Reply put(byte[] body, String... headers) {
    return send("PUT", PATH, body, headers);
  }

  public Reply delete(String... headers) {
    return send("DELETE", PATH, null, headers);
  }

  /**
   * Sends a request.
   *
   * @param body sent as application/json unless {@code headers} says otherwise
   * @param headers names and values in turn; a name given twice is sent twice
   */
  public Reply send(String method, String path, byte @Nullable [] body, String... headers) {
    BodyPublisher publisher =
        body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .timeout(Duration.ofSeconds(30))
            .method(method, publisher);
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    if (body != null) {
      request.setHeader("Content-Type", "application/json");
    }
    Set<String> given = new HashSet<>();
    for (int i = 0; i < headers.length; i += 2) {
      if (given.add(headers[i])) {
        request.setHeader(headers[i], headers[i + 1]);
      } else {
        request.header(headers[i], headers[i + 1]);
      }
    }
    try {
      HttpResponse<String> response = CLIENT.send(request.build(), BodyHandlers.ofString(UTF_8));
      Reply reply = new Reply(response.statusCode(), response.headers().map(), response.body());
      if (path.startsWith("/api/")) {
        CONTRACT.check(method, path, reply.status(), reply.headers(), reply.body());
      }
      return reply;
    } catch (IOException e) {
      throw new AssertionError(method + " " + path + " got no answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
