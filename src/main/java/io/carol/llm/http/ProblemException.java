package io.carol.llm.http;

import io.helidon.http.Header;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends a request with a problem document. The routing turns it into the response. */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ProblemType type;
  private final transient List<FieldError> errors;
  private final transient List<Header> headers;

  /**
   * A problem of the request as a whole.
   *
   * @param detail what happened and what to do, for the person who reads it; sent to the client
   * @param headers sent with the problem
   */
  public ProblemException(ProblemType type, String detail, Header... headers) {
    this(type, detail, List.of(), List.of(headers), null);
  }

  /** The same, because of a failure that is logged and never sent. */
  public ProblemException(ProblemType type, String detail, Throwable cause) {
    this(type, detail, List.of(), List.of(), cause);
  }

  /** The body was understood, but these fields of it are not valid. */
  public ProblemException(List<FieldError> errors) {
    this(ProblemType.INVALID, "See errors for what to change.", errors, List.of(), null);
  }

  private ProblemException(
      ProblemType type,
      String detail,
      List<FieldError> errors,
      List<Header> headers,
      @Nullable Throwable cause) {
    // No stack trace: an ordinary way for a request to end.
    super(detail, cause, false, false);
    this.type = type;
    this.errors = List.copyOf(errors);
    this.headers = List.copyOf(headers);
  }

  public ProblemType type() {
    return type;
  }

  public String detail() {
    return String.valueOf(getMessage());
  }

  public List<FieldError> errors() {
    return errors;
  }

  List<Header> headers() {
    return headers;
  }
}
