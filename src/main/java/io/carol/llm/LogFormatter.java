package io.carol.llm;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * One line a record, {@code time level logger message}, with a stack trace on indented lines below.
 * Control characters in messages are escaped, so that nothing that came from outside can look like
 * a line of its own.
 */
public final class LogFormatter extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

  @Override
  public String format(LogRecord logged) {
    StringBuilder line = new StringBuilder(160);
    TIME.formatTo(logged.getInstant(), line);
    line.append(' ').append(logged.getLevel().getName()).append(' ');
    line.append(logged.getLoggerName()).append(' ');
    appendEscaped(line, formatMessage(logged));
    line.append('\n');
    for (Throwable thrown = logged.getThrown(); thrown != null; thrown = thrown.getCause()) {
      line.append("\tcaused by ");
      appendEscaped(line, thrown.toString());
      line.append('\n');
      for (StackTraceElement frame : thrown.getStackTrace()) {
        line.append("\t\tat ").append(frame).append('\n');
      }
    }
    return line.toString();
  }

  private static void appendEscaped(StringBuilder line, String text) {
    text.codePoints()
        .forEach(c -> {
          if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
            line.append(String.format("\\u%04x", c));
          } else {
            line.appendCodePoint(c);
          }
        });
  }
}
