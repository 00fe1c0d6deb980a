package io.carol.llm;

import java.io.IOException;
import java.io.InputStream;
import java.util.logging.LogManager;

/**
 * Logs until the very end. The JDK's own manager closes all handlers as soon as the process is
 * asked to stop, and with them goes everything that is logged while the last requests are served.
 */
public final class LastingLogManager extends LogManager {
  private volatile boolean configured;

  @Override
  public void readConfiguration(InputStream properties) throws IOException {
    super.readConfiguration(properties);
    configured = true;
  }

  @Override
  public void reset() {
    if (configured) {
      Main.flushLog();
    } else {
      super.reset();
    }
  }
}
