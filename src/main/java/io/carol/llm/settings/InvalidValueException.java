package io.carol.llm.settings;

import java.util.Objects;

/**
 * A value of a settings field is refused.
 *
 * <p>The message tells a person what is wrong and what to do. Neither it nor anything else in here
 * holds the value, which may be a secret typed into the wrong field; there is never a cause.
 */
public final class InvalidValueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  public InvalidValueException(String code, String message) {
    super(message);
    this.code = code;
  }

  /** The per-field code of the HTTP contract, such as {@code base_url_malformed}. */
  public String code() {
    return code;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
