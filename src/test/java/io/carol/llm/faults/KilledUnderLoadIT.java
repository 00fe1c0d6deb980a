package io.carol.llm.faults;

import io.carol.llm.testing.DebianPostgres;
import io.carol.llm.testing.Ledger;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} of the database and the replicas while clients save: no acknowledged save is
 * lost.
 */
@Tag("faults")
final class KilledUnderLoadIT {
  private static final int CLIENTS = 8;

  private static final List<ServiceProcess> replicas = new ArrayList<>();
  private static final List<Integer> ports = new CopyOnWriteArrayList<>();
  private static DebianPostgres server;
  private static Map<String, String> configuration;

  @BeforeAll
  static void start() throws Exception {
    server = DebianPostgres.create();
    server.start();
    configuration = TestService.configurationAt(server.url());
    for (int i = 0; i < 2; i++) {
      replicas.add(startReplica());
      ports.add(replicas.get(i).port());
    }
  }

  @AfterAll
  static void stop() throws Exception {
    replicas.forEach(ServiceProcess::close);
    if (server != null) {
      server.close();
    }
  }

  private static ServiceProcess startReplica() throws InterruptedException {
    ServiceProcess replica = ServiceProcess.start(configuration);
    replica.awaitReady();
    return replica;
  }

  private static void startAgain(int number) throws InterruptedException {
    replicas.get(number).close();
    replicas.set(number, startReplica());
    ports.set(number, replicas.get(number).port());
  }

  @Test
  void noSaveIsLostWhenTheDatabaseIsKilled() throws Exception {
    try (Ledger ledger = new Ledger("database", CLIENTS, ports)) {
      ledger.awaitSaves();
      server.kill();
      ledger.awaitRefusals();
      server.start();
      Measured.time("database killed: every client saves after it is back", ledger::awaitSaves);
      ledger.assertNothingIsLost(configuration);
      ledger.assertEveryRequestWasAnswered();
      Measured.say("database killed: " + ledger.summary());
    }
  }

  @Test
  void noSaveIsLostWhenAReplicaIsKilled() throws Exception {
    try (Ledger ledger = new Ledger("replica", CLIENTS, ports)) {
      ledger.awaitSaves();
      replicas.getFirst().close();
      Measured.time("replica killed: every client saves at the other", ledger::awaitSaves);
      startAgain(0);
      ledger.awaitSaves();
      ledger.assertNothingIsLost(configuration);
      Measured.say("replica killed: " + ledger.summary());
    }
  }

  @Test
  void noSaveIsLostWhenTheDatabaseAndEveryReplicaAreKilled() throws Exception {
    try (Ledger ledger = new Ledger("both", CLIENTS, ports)) {
      ledger.awaitSaves();
      server.kill();
      replicas.forEach(ServiceProcess::close);
      ledger.awaitRefusals();
      server.start();
      startAgain(0);
      startAgain(1);
      Measured.time("everything killed: every client saves after it is back", ledger::awaitSaves);
      ledger.assertNothingIsLost(configuration);
      Measured.say("everything killed: " + ledger.summary());
    }
  }
}
