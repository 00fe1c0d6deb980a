package io.carol.llm.api;

import io.carol.llm.http.UserId;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/**
 * Lets an authenticated request on while its user has not sent too many; ends it with {@link
 * io.carol.llm.http.ProblemType#RATE_LIMITED} otherwise. Before the body is read, so that nobody
 * makes the service hold more bodies than that. Thread-safe.
 */
public final class WriteLimit implements Handler {
  private final RateLimit limit;

  /**
   * @param perMinute of each user; 0 for no limit
   */
  public WriteLimit(int perMinute) {
    limit = new RateLimit(perMinute);
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) {
    limit
        .take(request.context().get(UserId.class).orElseThrow().value())
        .ifPresent(problem -> {
          throw problem;
        });
    response.next();
  }
}
