package io.carol.llm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.PageTestBed;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs the browser tests of {@code src/main/web/e2e} against the real jar. */
final class PageIT {
  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void thePageDoesInABrowserWhatItPromises() throws Exception {
    assertEquals(0, PageTestBed.run("e2e"), "The browser tests failed; they say why above.");
  }
}
