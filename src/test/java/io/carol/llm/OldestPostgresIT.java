package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.DebianPostgres;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The packed program on the oldest PostgreSQL it works with, as Debian packs it: 15. */
@Tag("faults")
final class OldestPostgresIT {
  private static final String PASSWORD = "p${HOME} ä€ '\"=&%?#";

  @Test
  void everythingWorksWithAPasswordOfAnyCharacters() throws Exception {
    try (DebianPostgres server = DebianPostgres.create(DebianPostgres.newFolder(), PASSWORD)) {
      server.start();
      Map<String, String> configuration =
          TestService.configuration(
              "unused",
              Map.of(
                  "carol.database.url",
                  server.url(),
                  "carol.database.password",
                  PASSWORD,
                  "carol.encryption.key",
                  Secrets.encryptionKey(),
                  "lc.all",
                  "C.UTF-8"));
      try (ServiceProcess jar = ServiceProcess.start(configuration, "migrate")) {
        assertEquals(0, jar.exitCode(), jar::err);
      }
      try (ServiceProcess jar = ServiceProcess.start(configuration)) {
        jar.awaitReady();
        Api api = new Api(jar.port(), TestService.identity().token("ada"));
        String put = "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-old\"}";
        assertEquals(201, api.put(put).status());
        assertEquals(200, api.put(put, "If-Match", api.get().header("etag")).status());
        assertEquals("true", api.get().text("keyConfigured"));
        assertEquals(204, api.delete().status());
        assertEquals(404, api.get().status());
        jar.terminate();
        assertEquals(0, jar.exitCode(), jar::err);
      }
    }
  }
}
