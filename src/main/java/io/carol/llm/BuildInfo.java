package io.carol.llm;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** Says which build answers. */
final class BuildInfo {
  private BuildInfo() {}

  static void answer(ServerRequest request, ServerResponse response) {
    response
        .header(HeaderNames.CONTENT_TYPE, MediaTypes.APPLICATION_JSON.text())
        .send(
            """
            {"version":"%s","commit":"%s"}
            """
                .formatted(Build.VERSION, Build.COMMIT));
  }
}
