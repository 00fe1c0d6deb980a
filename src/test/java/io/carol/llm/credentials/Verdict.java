package io.carol.llm.credentials;

/** What became of a value: {@link #ACCEPTED} or the code it was refused with. */
final class Verdict {
  static final String ACCEPTED = "accepted";
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
}
