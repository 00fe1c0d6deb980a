package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.DebianPostgres;
import io.carol.llm.testing.Ledger;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The disk of the database is full while clients save, and then has space again. */
@Tag("faults")
final class DiskFullIT {
  /** Large keys, so that rows need new pages soon. */
  private static final String KEY_END = "x".repeat(4_000);

  @Test
  void noSaveIsLostWhenTablesHaveNoSpace() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(32);
        DebianPostgres server = DebianPostgres.create()) {
      Path place = Files.createDirectory(disk.folder().resolve("tables"));
      server.own(place);
      server.start();
      server.sql("CREATE TABLESPACE small LOCATION '" + place + "'");
      server.sql("ALTER DATABASE postgres SET default_tablespace = small");
      Map<String, String> configuration = TestService.configurationAt(server.url());
      try (ServiceProcess service = ServiceProcess.start(configuration)) {
        service.awaitReady();
        try (Ledger ledger = ledger(service)) {
          ledger.awaitSaves();
          disk.fill();
          ledger.awaitRefusals();
          assertEquals(200, new Api(service.port(), token()).get().status());
          disk.free();
          Measured.time("disk full: every client saves after there is space", ledger::awaitSaves);
          ledger.assertNothingIsLost(configuration);
          ledger.assertEveryRequestWasAnswered();
          Measured.say("disk full: " + ledger.summary());
        }
      }
    }
  }

  /** Without space for its log the server gives up, and its operator has to start it again. */
  @Test
  void noSaveIsLostWhenTheWriteAheadLogHasNoSpace() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(160);
        DebianPostgres server =
            DebianPostgres.create(Files.createDirectory(disk.folder().resolve("server")), null)) {
      server.start();
      server.sql("ALTER SYSTEM SET restart_after_crash = off");
      server.sql("ALTER SYSTEM SET wal_recycle = off");
      server.sql("SELECT pg_reload_conf()");
      Map<String, String> configuration = TestService.configurationAt(server.url());
      try (ServiceProcess service = ServiceProcess.start(configuration)) {
        service.awaitReady();
        try (Ledger ledger = ledger(service)) {
          ledger.awaitSaves();
          disk.fill();
          assertThrows(
              AssertionError.class,
              () -> {
                for (int i = 0; i < 200; i++) {
                  // Each takes up a new file.
                  server.sql("SELECT pg_switch_wal()");
                }
              });
          TestService.await("the server has given up", () -> !server.runs());
          ledger.awaitRefusals();
          disk.free();
          server.start();
          Measured.time(
              "disk of the log full: every client saves after it is back", ledger::awaitSaves);
          ledger.assertNothingIsLost(configuration);
          ledger.assertEveryRequestWasAnswered();
          Measured.say("disk of the log full: " + ledger.summary());
        }
      }
    }
  }

  private static Ledger ledger(ServiceProcess service) {
    return new Ledger("disk", 8, List.of(service.port()), KEY_END, Duration.ofHours(1));
  }

  /** Of a user who has saved something. */
  private static String token() {
    return TestService.identity().token("disk-0");
  }
}
