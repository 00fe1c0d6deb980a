package io.carol.llm.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import java.util.Set;

/** Whether a value is accepted: {@link #ACCEPTED}, or the code it is refused with. */
public final class Outcome {
  public static final String ACCEPTED = "accepted";
  public static final String MALFORMED = "base_url_malformed";
  public static final String FORBIDDEN = "base_url_forbidden_host";
  public static final String INSECURE = "base_url_insecure";

  /** Every code that a base URL can be refused with. */
  public static final Set<String> BASE_URL_CODES =
      Set.of("too_long", "base_url_required", MALFORMED, FORBIDDEN, INSECURE);

  private Outcome() {}

  public static String of(Runnable check) {
    try {
      check.run();
      return ACCEPTED;
    } catch (InvalidValueException e) {
      return e.code();
    }
  }

  public static String ofBaseUrl(BaseUrlPolicy policy, String url) {
    return of(() -> policy.parse(url));
  }

  /** Of a base URL where every private host is allowed and the operator lists none. */
  public static void assertOutcome(String expected, String url) {
    assertEquals(expected, ofBaseUrl(TestPolicy.ALL_HOSTS, url), url);
  }
}
