package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.DebianPostgres;
import io.carol.llm.testing.Ledger;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TcpProxy;
import io.carol.llm.testing.TestService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A primary and a synchronous standby, which takes over while clients save. */
@Tag("faults")
final class FailoverIT {
  private static final String NAME = "s1";
  private static final String CONNECTIONS =
      "FROM pg_stat_activity WHERE application_name = 'carol-llm-settings'";

  private DebianPostgres first;
  private DebianPostgres second;

  @BeforeEach
  void start() throws Exception {
    first = DebianPostgres.create();
    first.start();
    second = first.standby(NAME);
    first.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (" + NAME + ")'");
    first.sql("SELECT pg_reload_conf()");
    TestService.await(
        "saves wait for the standby",
        () -> first.sqlValue("SELECT sync_state FROM pg_stat_replication").equals("quorum"));
  }

  @AfterEach
  void stop() throws Exception {
    for (DebianPostgres server : new DebianPostgres[] {first, second}) {
      if (server != null) {
        server.close();
      }
    }
  }

  @Test
  void thePrimaryIsKilledAndTheStandbyPromoted() throws Exception {
    Map<String, String> configuration =
        TestService.configurationAt(
            "jdbc:postgresql://%s,%s/postgres?targetServerType=primary"
                .formatted(first.host(), second.host()));
    try (ServiceProcess service = ServiceProcess.start(configuration)) {
      service.awaitReady();
      try (Ledger ledger = new Ledger("failover", 8, List.of(service.port()))) {
        ledger.awaitSaves();
        first.kill();
        ledger.awaitRefusals();
        second.promote();
        Measured.time("failover: every client saves after the promotion", ledger::awaitSaves);

        // It comes back as a standby, and is still named first in the address.
        first.follow(second, NAME);
        ledger.awaitSaves();
        second.sql("SELECT pg_terminate_backend(pid) " + CONNECTIONS);
        ledger.awaitSaves();
        assertEquals("0", first.sqlValue("SELECT count(*) " + CONNECTIONS));
        ledger.assertNothingIsLost(configuration);
        ledger.assertEveryRequestWasAnswered();
        Measured.say("failover: " + ledger.summary());
      }
    }
  }

  /** As where a name or a virtual address stands for the primary, and is late. */
  @Test
  void theAddressLeadsToAStandbyForAWhileAndThenToThePrimary() throws Exception {
    try (TcpProxy address = new TcpProxy(second.port())) {
      Map<String, String> configuration =
          TestService.configurationAt(
              "jdbc:postgresql://localhost:" + address.port() + "/postgres");
      Map<String, String> direct = new HashMap<>(configuration);
      direct.put("carol.database.url", "jdbc:postgresql://" + first.host() + "/postgres");
      try (ServiceProcess service = ServiceProcess.start(direct)) {
        service.awaitReady();
        Api ada = new Api(service.port(), TestService.identity().token("ada"));
        assertEquals(201, ada.put("{\"provider\":\"anthropic\",\"model\":\"m\"}").status());
      }
      try (ServiceProcess service = ServiceProcess.start(configuration)) {
        service.awaitReady();
        Api ada = new Api(service.port(), TestService.identity().token("ada"));
        assertEquals(200, ada.get().status());
        try (Ledger ledger = new Ledger("late", 8, List.of(service.port()))) {
          ledger.awaitRefusals();
          address.leadTo(first.port());
          Measured.time(
              "address of the primary was late: every client saves after it is right",
              ledger::awaitSaves);
          ledger.assertNothingIsLost(configuration);
          ledger.assertEveryRequestWasAnswered();
          Measured.say("address of the primary was late: " + ledger.summary());
        }
      }
    }
  }
}
