package io.carol.llm.provider;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How it went to try LLM settings. There is nothing in it that the provider has sent but names of
 * models.
 *
 * @param reason null when {@code key} and {@code model} say all there is
 * @param models that the provider lists, in order; at most 1,000
 */
public record CheckResult(
    @Nullable Reason reason, KeyCheck key, ModelCheck model, List<String> models) {
  /** Whether the settings work. */
  public enum Verdict {
    /** The provider was reached, accepts the key or needs none, and lists the model. */
    WORKS,
    /** The user has to change something. */
    FAILS,
    /** Nothing wrong was found, but not everything could be judged. */
    UNSURE
  }

  /** What the provider says of the key. */
  public enum KeyCheck {
    ACCEPTED,
    REFUSED,
    /** The provider was not reached, or answers without a key as well. */
    UNJUDGED,
    /** The settings have no key. */
    NONE
  }

  /** Whether the provider lists the model. */
  public enum ModelCheck {
    LISTED,
    NOT_LISTED,
    /** There is no list. */
    UNJUDGED
  }

  /** Why settings fail, or why that is not sure. */
  public enum Reason {
    NAME_NOT_FOUND(Verdict.FAILS),
    CONNECTION_REFUSED(Verdict.FAILS),
    TIMEOUT(Verdict.FAILS),
    TLS(Verdict.FAILS),
    ADDRESS_NOT_ALLOWED(Verdict.FAILS),
    REDIRECTED(Verdict.FAILS),
    NOT_AN_LLM(Verdict.FAILS),
    NO_MODEL_LIST(Verdict.UNSURE),
    KEY_REFUSED(Verdict.FAILS),
    KEY_NOT_PERMITTED(Verdict.UNSURE),
    KEY_UNREADABLE(Verdict.FAILS),
    NO_CREDIT(Verdict.FAILS),
    RATE_LIMITED(Verdict.UNSURE),
    PROVIDER_ERROR(Verdict.UNSURE);

    private final Verdict verdict;

    Reason(Verdict verdict) {
      this.verdict = verdict;
    }
  }

  /** The settings as a whole. */
  public Verdict verdict() {
    if (reason != null) {
      return reason.verdict;
    }
    return key != KeyCheck.UNJUDGED && model == ModelCheck.LISTED ? Verdict.WORKS : Verdict.UNSURE;
  }

  /** The name used in JSON, in the audit log and in metrics. */
  public static String wireName(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
