package io.carol.llm.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.TestService;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The running service beside an identity provider that it has to discover. */
final class SignInTest {
  private static final TestKey KEY = TestKey.ec("key");

  @AutoClose private final KeySetServer provider = new KeySetServer(TestKey.keySet(KEY));

  @Test
  void theServiceIsReadyOnceTheKeySetWasRead() {
    provider.discovery(KeySetServer.text(503, "starting"));
    String issuer = provider.issuer();
    long expiry = System.currentTimeMillis() / 1000 + 3600;
    String token = KEY.token(Map.of("iss", issuer, "aud", "carol", "sub", "alice", "exp", expiry));
    try (TestService service =
        TestService.launch(
            TestService.postgres(),
            TestService.newDatabase(),
            Map.of("carol.auth.jwks", "", "carol.auth.issuer", issuer))) {
      Api alice = new Api(service.port(), token);
      TestService.await("the database is migrated", () -> ready(service).contains("\"ok\""));
      assertTrue(ready(service).contains("key set not read yet"), () -> ready(service));
      assertEquals(503, service.observe("/observe/health/ready").status());
      assertEquals("identity_provider_unavailable", alice.get().code());
      provider.discovery(
          KeySetServer.text(
              200, TestKey.json(Map.of("issuer", issuer, "jwks_uri", provider.url()))));
      service.awaitReady();
      assertEquals("not_configured", alice.get().code());
      provider.close();
      assertEquals(200, service.observe("/observe/health/ready").status());
      assertEquals("not_configured", alice.get().code());
    }
  }

  private static String ready(TestService service) {
    return service.observe("/observe/health/ready").body();
  }
}
