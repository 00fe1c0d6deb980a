package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Ledger;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TcpProxy;
import io.carol.llm.testing.TestService;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The network between service and database. */
@Tag("faults")
final class DatabaseNetworkTest {
  private static final String PUT =
      "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-ant-1\"}";

  private final String database = TestService.newDatabase();

  @Test
  void isGoneWhileClientsSaveAndComesBack() throws Exception {
    try (TcpProxy network = new TcpProxy(TestService.postgres().port())) {
      Map<String, String> overrides = overrides(network);
      try (TestService service = TestService.start(database, overrides);
          Ledger ledger = new Ledger("partition", 8, List.of(service.port()))) {
        ledger.awaitSaves();
        network.swallowEverything();
        ledger.awaitRefusals();
        network.letNewConnectionsThrough();
        Measured.time("partition: every client saves after it is over", ledger::awaitSaves);
        ledger.assertNothingIsLost(TestService.configuration(database, overrides));
        ledger.assertEveryRequestWasAnswered();
        Measured.say("partition: " + ledger.summary());
      }
    }
  }

  /** With one connection, so that it is never idle for so long that the pool looks after it. */
  @Test
  void takesOneRoundTripARequestHoweverFarAwayTheDatabaseIs() throws Exception {
    try (TcpProxy network = new TcpProxy(TestService.postgres().port())) {
      Map<String, String> overrides = new HashMap<>(overrides(network));
      overrides.put("carol.database.pool.size", "1");
      try (TestService service = TestService.start(database, overrides)) {
        Api ada = service.as("ada");
        // At its start the service uses the connection for itself.
        TestService.await(
            "the encryption key is registered",
            () -> !"none".equals(service.sqlValue("SELECT kid FROM llm_encryption_keys")));
        network.delay(Duration.ofMillis(200));
        assertRoundTrip(network, 201, 200, () -> ada.put(PUT));
        assertRoundTrip(network, 200, 200, ada::get);
        assertRoundTrip(network, 204, 204, ada::delete);
        assertRoundTrip(network, 404, 404, ada::get);
      }
    }
  }

  /** The service has chores of its own now and then; hence the least of several. */
  private static void assertRoundTrip(
      TcpProxy network, int first, int later, Supplier<Reply> request) {
    assertEquals(first, request.get().status());
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      int before = network.roundTrips();
      assertEquals(later, request.get().status());
      least = Math.min(least, network.roundTrips() - before);
    }
    assertEquals(1, least);
  }

  private Map<String, String> overrides(TcpProxy network) {
    return Map.of(
        "carol.encryption.key",
        Secrets.encryptionKey(),
        "carol.database.url",
        "jdbc:postgresql://localhost:" + network.port() + "/" + database);
  }
}
