package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import org.junit.jupiter.api.Test;

/** An operator can see which build a replica runs. */
final class BuildInfoTest {
  @Test
  void theObservePortSaysWhichVersionAndCommitAnswers() {
    try (TestService service = TestService.start()) {
      Reply info = service.observe("/observe/info");
      assertEquals(200, info.status());
      // Read from the manifest of a jar, which is not there in this test; see JarIT.
      assertEquals("development", info.text("version"));
      assertEquals("unknown", info.text("commit"));
    }
  }
}
