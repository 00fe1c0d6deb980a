package io.carol.llm.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Identity;
import io.carol.llm.testing.Ports;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packed service beside an identity provider that is away, comes, and changes its key. */
final class IdentityProviderIT {
  /** The status of an answer to GET; 0 while there is none. */
  private static int answer(ServiceProcess service, Identity identity, String user) {
    try {
      return service.send("GET", identity.token(user), null).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theServiceStartsWithoutTheProviderAndFollowsItsKeys(@TempDir Path folder) throws Exception {
    Path firstFolder = Files.createDirectory(folder.resolve("first"));
    Path secondFolder = Files.createDirectory(folder.resolve("second"));
    Identity first = Identity.ephemeral(firstFolder);
    Identity second = Identity.ephemeral(secondFolder);
    String firstKeys = Files.readString(firstFolder.resolve("jwks.json"));
    String secondKeys = Files.readString(secondFolder.resolve("jwks.json"));
    int port = Ports.free();
    Map<String, String> configuration =
        new HashMap<>(TestService.configuration(TestService.newDatabase(), Map.of()));
    configuration.put("carol.auth.jwks", "http://127.0.0.1:" + port + "/jwks");
    try (ServiceProcess service = ServiceProcess.start(configuration)) {
      TestService.await("it answers", () -> answer(service, first, "ada") == 503);
      Reply refused = new Api(service.port(), first.token("ada")).get();
      assertEquals(503, refused.status());
      assertEquals("identity_provider_unavailable", refused.code());
      assertFalse(refused.header("retry-after").isEmpty());
      try (KeySetServer _ = new KeySetServer(port, firstKeys)) {
        TestService.await("tokens are good", () -> answer(service, first, "ada") == 404);
      }
      assertEquals(404, answer(service, first, "bob"), "known keys stay in use");
      assertEquals(401, answer(service, second, "ada"), "and no others");
      try (KeySetServer _ = new KeySetServer(port, secondKeys)) {
        TestService.await("new tokens are good", () -> answer(service, second, "ada") == 404);
        assertEquals(401, answer(service, first, "ada"), "its key was withdrawn");
      }
    }
  }
}
