package io.carol.llm.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;

/** What became of a value: {@link #ACCEPTED} or the code it was refused with. */
public final class Verdict {
  public static final String ACCEPTED = "accepted";
  public static final String MALFORMED = "base_url_malformed";
  public static final String FORBIDDEN = "base_url_forbidden_host";
  public static final String INSECURE = "base_url_insecure";

  public static final BaseUrlPolicy ALL_HOSTS = new BaseUrlPolicy(true);
  public static final BaseUrlPolicy PUBLIC_HOSTS = new BaseUrlPolicy(false);

  private Verdict() {}

  public static String on(Runnable check) {
    try {
      check.run();
      return ACCEPTED;
    } catch (InvalidValueException e) {
      return e.code();
    }
  }

  public static String onBaseUrl(BaseUrlPolicy policy, String url) {
    return on(() -> policy.parse(url));
  }

  public static void assertVerdict(String expected, String url) {
    assertEquals(expected, onBaseUrl(ALL_HOSTS, url), url);
  }
}
