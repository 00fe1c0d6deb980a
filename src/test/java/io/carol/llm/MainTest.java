package io.carol.llm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.LogCapture;
import io.helidon.config.Config;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command line does not understand. CommandLineIT has the rest. */
final class MainTest {
  @ParameterizedTest
  @CsvSource({
    "migrate now, migrate …",
    "health --json, health --json",
    "rewrap --dry, rewrap --dry",
    "doctor --users --accept-key 6dGhpcyBpcyBhIGtleQ==, doctor --users --accept-key …",
    "6dGhpcyBpcyBhIGtleQ==, …"
  })
  void anotherCommandOrOptionIsNamedUnlessItMayBeAKey(String command, String named)
      throws InterruptedException {
    List<String> words = List.of(command.split(" ", -1));
    try (LogCapture log = new LogCapture()) {
      assertEquals(64, Main.run(words.getFirst(), words.subList(1, words.size()), Config.empty()));
      assertEquals(
          "ERROR io.carol.llm.Main There is no such command or option: %s. The command help lists them"
              .formatted(named),
          log.onlyEvent("io.carol.llm.Main"));
    }
  }
}
