package io.carol.llm.credentials;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What became of a value: {@link #ACCEPTED} or the code it was refused with. */
final class Verdict {
  static final String ACCEPTED = "accepted";
  static final String MALFORMED = "base_url_malformed";
  static final String FORBIDDEN = "base_url_forbidden_host";
  static final String INSECURE = "base_url_insecure";

  static final BaseUrlPolicy ALL_HOSTS = new BaseUrlPolicy(true);
  static final BaseUrlPolicy PUBLIC_HOSTS = new BaseUrlPolicy(false);

  private Verdict() {}

  static String on(Runnable check) {
    try {
      check.run();
      return ACCEPTED;
    } catch (InvalidValueException e) {
      return e.code();
    }
  }

  static String onBaseUrl(BaseUrlPolicy policy, String url) {
    return on(() -> policy.parse(url));
  }

  static void assertVerdict(String expected, String url) {
    assertEquals(expected, onBaseUrl(ALL_HOSTS, url), url);
  }
}
