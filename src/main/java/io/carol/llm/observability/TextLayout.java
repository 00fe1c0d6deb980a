package io.carol.llm.observability;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
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
  private static final Pattern UNSAFE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]");

  @Override
  public String doLayout(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(160);
    TIME.formatTo(event.getInstant(), line);
    line.append(' ').append(event.getLevel()).append(' ').append(event.getLoggerName());
    String message = Objects.requireNonNullElse(event.getFormattedMessage(), "");
    if (!message.isEmpty()) {
      line.append(' ').append(escaped(message));
    }
    List<KeyValuePair> fields = event.getKeyValuePairs();
    if (fields != null) {
      for (KeyValuePair field : fields) {
        String value = escaped(String.valueOf(field.value));
        line.append(' ').append(field.key).append('=').append(value);
      }
    }
    line.append('\n');
    if (event.getThrowableProxy() != null) {
      ThrowableProxyUtil.asString(event.getThrowableProxy())
          .lines()
          .forEach(traced -> line.append('\t').append(escaped(traced.strip())).append('\n'));
    }
    return line.toString();
  }

  /** A text as this layout writes it: on one line, without control characters. */
  public static String escaped(String text) {
    // Nearly all text is visible ASCII, for which this takes a tenth of the time.
    if (text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      return text;
    }
    return UNSAFE
        .matcher(text)
        .replaceAll(found -> {
          int c = found.group().codePointAt(0);
          return String.format(Locale.ROOT, c > 0xffff ? "\\\\U%08x" : "\\\\u%04x", c);
        });
  }
}
