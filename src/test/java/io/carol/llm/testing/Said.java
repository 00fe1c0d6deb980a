package io.carol.llm.testing;

/** Everything an exception gives away when it is logged. */
public final class Said {
  private Said() {}

  public static String by(Throwable failure) {
    StringBuilder said = new StringBuilder();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      said.append(t).append(' ').append(t.getLocalizedMessage()).append('\n');
      for (Throwable suppressed : t.getSuppressed()) {
        said.append(by(suppressed));
      }
    }
    return said.toString();
  }
}
