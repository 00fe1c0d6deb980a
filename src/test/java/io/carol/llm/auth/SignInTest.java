package io.carol.llm.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The running service beside an identity provider that it has to discover. */
final class SignInTest {
  private static final TestKey KEY = TestKey.ec("key");

  @AutoClose private KeySetServer provider;
  @AutoClose private TestService service;

  @BeforeEach
  void startServiceBesideAProviderThatIsNotUpYet() {
    provider = new KeySetServer(TestKey.keySet(KEY));
    provider.discovery(KeySetServer.text(503, "starting"));
    service =
        TestService.launch(
            TestService.postgres(),
            TestService.newDatabase(),
            Map.of("carol.auth.jwks", "", "carol.auth.issuer", provider.issuer()));
  }

  private void startProvider() {
    provider.discovery(
        KeySetServer.text(
            200, TestKey.json(Map.of("issuer", provider.issuer(), "jwks_uri", provider.url()))));
    service.awaitReady();
  }

  private Api api(String audience) {
    long expiry = System.currentTimeMillis() / 1000 + 3600;
    return new Api(
        service.port(),
        KEY.token(
            Map.of("iss", provider.issuer(), "aud", audience, "sub", "alice", "exp", expiry)));
  }

  @Test
  void theServiceIsReadyOnceTheKeySetWasRead() {
    TestService.await("the database is migrated", () -> ready().contains("\"ok\""));
    assertTrue(ready().contains("key set not read yet"), ready());
    assertEquals(503, service.observe("/observe/health/ready").status());
    Reply early = api("carol").get();
    assertEquals("identity_provider_unavailable", early.code());
    startProvider();
    assertEquals("not_configured", api("carol").get().code());
    provider.close();
    assertEquals(200, service.observe("/observe/health/ready").status());
    assertEquals("not_configured", api("carol").get().code());
  }

  private String ready() {
    return service.observe("/observe/health/ready").body();
  }
}
