package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Api;
import io.carol.llm.testing.Command;
import io.carol.llm.testing.DebianPackage;
import io.carol.llm.testing.Ledger;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service's clock jumps by an hour, both ways; the clocks of its clients do not. */
@Tag("faults")
final class ClockIT {
  private static final Duration HALF_AN_HOUR = Duration.ofMinutes(30);
  private static final Duration THREE_HOURS = Duration.ofHours(3);

  @TempDir private static Path folder;
  private static Map<String, String> configuration;
  private static ServiceProcess service;

  @BeforeAll
  static void start() throws Exception {
    String faketime = DebianPackage.program("faketime", "faketime").toString();
    String library = Command.run(faketime, "-f", "+0", "printenv", "LD_PRELOAD").output();
    jump("+0");
    configuration =
        TestService.configuration(
            TestService.newDatabase(), Map.of("carol.encryption.key", Secrets.encryptionKey()));
    Map<String, String> variables = new HashMap<>(configuration);
    variables.put("ld.preload", library);
    variables.put("faketime.timestamp.file", folder.resolve("clock").toString());
    variables.put("faketime.cache.duration", "1");
    variables.put("faketime.dont.fake.monotonic", "1");
    service = ServiceProcess.start(variables);
    service.awaitReady();
  }

  @BeforeEach
  void setTheClockRight() throws Exception {
    jump("+0");
    String token = TestService.identity().token("ada", HALF_AN_HOUR);
    TestService.await("the clock is right", () -> answer(token) == 404);
  }

  @AfterAll
  static void stop() {
    if (service != null) {
      service.close();
    }
  }

  /** Sets the service's clock to this much off the right time. */
  private static void jump(String offset) throws Exception {
    Secrets.replace(folder.resolve("clock"), offset + "\n");
  }

  private static int answer(String token) {
    return new Api(service.port(), token).get().status();
  }

  @Test
  void tokensAreGoodByTheClockOfTheMoment() throws Exception {
    String half = TestService.identity().token("ada", HALF_AN_HOUR);
    String three = TestService.identity().token("ada", THREE_HOURS);
    assertEquals(404, answer(half));
    assertEquals(404, answer(three));
    jump("+3600");
    TestService.await("what was good is over", () -> answer(half) == 401);
    assertEquals(404, answer(three));
    assertEquals(401, answer(TestService.identity().token("bob", HALF_AN_HOUR)), "a new one");
    jump("-3600");
    TestService.await("what was good is of the future", () -> answer(three) == 401);
    assertEquals(401, answer(TestService.identity().token("bob", THREE_HOURS)), "a new one");
    jump("+0");
    TestService.await("it is good again", () -> answer(three) == 404);
    assertEquals(404, answer(half));
  }

  /**
   * A client whose token stays valid can save all the time, and nothing is lost. Helidon measures
   * by the clock how long a connection was idle. So a jump ahead can close each connection once,
   * and the request on it gets no answer.
   */
  @Test
  void nothingElseGoesByTheClock() throws Exception {
    try (Ledger ledger = new Ledger("clock", 4, List.of(service.port()), "", THREE_HOURS)) {
      String half = TestService.identity().token("ada", HALF_AN_HOUR);
      ledger.awaitSaves();
      jump("+3600");
      TestService.await("the clock jumps", () -> answer(half) == 401);
      ledger.awaitSaves();
      jump("+0");
      TestService.await("the clock jumps back", () -> answer(half) == 404);
      ledger.awaitSaves();
      ledger.assertNothingIsLost(configuration);
      ledger.assertUnansweredAtMost(1);
      Measured.say("clock jumps by an hour and back: " + ledger.summary());
    }
  }
}
