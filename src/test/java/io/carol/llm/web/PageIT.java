package io.carol.llm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.PageTestBed;
import org.junit.jupiter.api.Test;

/** Runs the browser tests of {@code src/main/web/e2e} against the real jar. */
final class PageIT {
  @Test
  void thePageDoesInABrowserWhatItPromises() throws Exception {
    assertEquals(0, PageTestBed.run("e2e"), "The browser tests failed; they say why above.");
  }
}
