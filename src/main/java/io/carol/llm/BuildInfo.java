package io.carol.llm;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Which build this is, as {@code build.properties} says. */
final class BuildInfo {
  private BuildInfo() {}

  static void answer(ServerRequest request, ServerResponse response) {
    Properties build = read();
    response
        .header(HeaderNames.CONTENT_TYPE, MediaTypes.APPLICATION_JSON.text())
        .send(
            """
            {"version":"%s","commit":"%s"}
            """
                .formatted(build.getProperty("version"), build.getProperty("commit")));
  }

  private static Properties read() {
    try (InputStream in = BuildInfo.class.getResourceAsStream("/build.properties")) {
      Properties build = new Properties();
      build.load(in);
      return build;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
