package io.carol.llm.testing;

/** Everything an exception gives away when it is logged. */
public final class ExceptionText {
  private ExceptionText() {}

  /** The texts of the exception, its causes and what it suppressed. */
  public static String of(Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      text.append(t).append(' ').append(t.getLocalizedMessage()).append('\n');
      for (Throwable suppressed : t.getSuppressed()) {
        text.append(of(suppressed));
      }
    }
    return text.toString();
  }
}
