package io.carol.llm;

import io.carol.llm.observability.LogFields;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * One line a record, {@code time level logger message}, with a stack trace on indented lines below.
 * Characters that end a line, steer a terminal or turn the direction of writing are escaped, so
 * that nothing that came from outside can look like a line of its own.
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
    LogFields fields = LogFields.of(logged);
    String message = fields == null ? formatMessage(logged) : fields.toString();
    appendEscaped(line, Objects.requireNonNullElse(message, ""));
    line.append('\n');
    if (logged.getThrown() != null) {
      appendStackTraces(line, logged.getThrown());
    }
    return line.toString();
  }

  private static void appendStackTraces(StringBuilder line, Throwable logged) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable thrown = logged;
        thrown != null && seen.add(thrown);
        thrown = thrown.getCause()) {
      line.append("\tcaused by ");
      appendEscaped(line, thrown.toString());
      line.append('\n');
      for (StackTraceElement frame : thrown.getStackTrace()) {
        line.append("\t\tat ").append(frame).append('\n');
      }
    }
  }

  private static void appendEscaped(StringBuilder line, String text) {
    // Nearly every line, and so worth a look of its own.
    if (isVisibleAscii(text)) {
      line.append(text);
      return;
    }
    text.codePoints()
        .forEach(c -> {
          switch (Character.getType(c)) {
            case Character.CONTROL,
                Character.FORMAT,
                Character.LINE_SEPARATOR,
                Character.PARAGRAPH_SEPARATOR,
                Character.SURROGATE ->
                line.append(String.format(Locale.ROOT, "\\u%04x", c));
            default -> line.appendCodePoint(c);
          }
        });
  }

  private static boolean isVisibleAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }
}
