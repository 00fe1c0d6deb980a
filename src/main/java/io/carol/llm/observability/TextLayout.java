package io.carol.llm.observability;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.slf4j.event.KeyValuePair;

/**
 * One line an event: time in UTC, level, logger, message, fields. A stack trace follows on indented
 * lines. Characters that end a line, steer a terminal or turn the direction of writing are escaped,
 * so that nothing a client sends can look like a line of its own. Thread-safe.
 */
public final class TextLayout extends LayoutBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  @Override
  public String doLayout(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(160);
    TIME.formatTo(event.getInstant(), line);
    line.append(' ').append(event.getLevel()).append(' ').append(event.getLoggerName());
    String message = Objects.requireNonNullElse(event.getFormattedMessage(), "");
    if (!message.isEmpty()) {
      appendEscaped(line.append(' '), message);
    }
    List<KeyValuePair> fields = event.getKeyValuePairs();
    if (fields != null) {
      for (KeyValuePair field : fields) {
        line.append(' ').append(field.key).append('=');
        appendEscaped(line, String.valueOf(field.value));
      }
    }
    line.append('\n');
    if (event.getThrowableProxy() != null) {
      ThrowableProxyUtil.asString(event.getThrowableProxy())
          .lines()
          .forEach(traced -> appendEscaped(line.append('\t'), traced.strip()).append('\n'));
    }
    return line.toString();
  }

  /** A text as this layout writes it: on one line, without control characters. */
  public static String escaped(String text) {
    return appendEscaped(new StringBuilder(text.length()), text).toString();
  }

  private static StringBuilder appendEscaped(StringBuilder line, String text) {
    // Nearly all text is visible ASCII, and appended whole it takes a tenth of the time.
    if (text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      return line.append(text);
    }
    text.codePoints()
        .forEach(c -> {
          switch (Character.getType(c)) {
            case Character.CONTROL,
                Character.FORMAT,
                Character.LINE_SEPARATOR,
                Character.PARAGRAPH_SEPARATOR,
                Character.SURROGATE ->
                line.append(String.format(Locale.ROOT, c > 0xffff ? "\\U%08x" : "\\u%04x", c));
            default -> line.appendCodePoint(c);
          }
        });
    return line;
  }
}
