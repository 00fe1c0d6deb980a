package io.carol.llm.k8s;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import org.junit.jupiter.api.Test;

/** Whoever looks at a replica can tell which build it is. */
final class BuildInfoTest {
  @Test
  void theObservePortSaysWhichVersionAndCommitAnswers() {
    try (TestService service = TestService.start()) {
      Reply info = service.observe("/observe/info");
      assertEquals(200, info.status());
      assertTrue(info.text("version").matches("\\d+\\.\\d+\\.\\d+.*"), info.body());
      assertTrue(info.text("commit").matches("unknown|[0-9a-f]{40}(-modified)?"), info.body());
    }
  }
}
