package io.carol.llm.auth;

import java.util.Locale;

/**
 * A request has no token, or one that is refused. The reason is for the log and the metrics only:
 * the client is not told. There is never a cause, because a parser's message may quote the token.
 */
public final class UnauthenticatedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. The names are stable: operators search and count by them. */
  public enum Reason {
    NO_TOKEN,
    SEVERAL_TOKENS,
    /** Not a signed JWT in compact form, or a registered claim has the wrong type. */
    MALFORMED,
    ALGORITHM,
    TYPE,
    CRITICAL_HEADER,
    /** No key of the identity provider suits {@code kid} and {@code alg}; {@code iss} is right. */
    UNKNOWN_KEY,
    SIGNATURE,
    /** {@code iss} is missing or another one. */
    ISSUER,
    AUDIENCE,
    /** {@code exp} is missing, or after the year 9999. */
    EXPIRY,
    EXPIRED,
    NOT_YET_VALID,
    /** {@code sub} is not a user id. */
    SUBJECT;

    /** The name in the log and in the metrics. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Reason reason;

  UnauthenticatedException(Reason reason) {
    // No stack trace: an ordinary way for a request to end.
    super(reason.code(), null, false, false);
    this.reason = reason;
  }

  /** Throws one with this reason unless the condition holds. */
  static void require(boolean holds, Reason otherwise) {
    if (!holds) {
      throw new UnauthenticatedException(otherwise);
    }
  }

  public Reason reason() {
    return reason;
  }
}
