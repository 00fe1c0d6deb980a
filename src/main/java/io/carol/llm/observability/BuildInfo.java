package io.carol.llm.observability;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** Says which build answers. */
public final class BuildInfo {
  private BuildInfo() {}

  /** Version and commit of this program. */
  public static String version() {
    return Build.VERSION + " (" + Build.COMMIT + ")";
  }

  public static void answer(ServerRequest request, ServerResponse response) {
    response
        .header(HeaderNames.CONTENT_TYPE, MediaTypes.APPLICATION_JSON.text())
        .send(
            """
            {"version":"%s","commit":"%s"}
            """
                .formatted(Build.VERSION, Build.COMMIT));
  }
}
