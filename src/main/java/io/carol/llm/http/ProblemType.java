package io.carol.llm.http;

import java.util.Locale;

/**
 * Every kind of problem this service answers, with the HTTP status it goes with. The code is the
 * stable name clients act on; title and detail are for people.
 */
public enum ProblemType {
  BAD_REQUEST(400, "The request is not valid HTTP"),
  MALFORMED_JSON(400, "The body is not one well-formed JSON value"),
  UNAUTHENTICATED(401, "Not signed in"),
  FORBIDDEN(403, "The request does not come from this site"),
  UNKNOWN_USER(403, "The user is not known here"),
  NOT_CONFIGURED(404, "No LLM is configured"),
  NOT_FOUND(404, "There is nothing at this address"),
  METHOD_NOT_ALLOWED(405, "The method is not allowed here"),
  PRECONDITION_FAILED(412, "The settings are not in the state expected"),
  PAYLOAD_TOO_LARGE(413, "The body is too large"),
  UNSUPPORTED_MEDIA_TYPE(415, "The body is not application/json"),
  INVALID(422, "Some fields are not valid"),
  RATE_LIMITED(429, "Too many requests"),
  INTERNAL(500, "Something went wrong here"),
  ENCRYPTION_KEY_MISSING(503, "API keys cannot be stored now"),
  ENCRYPTION_KEY_MALFORMED(503, "API keys cannot be stored now"),
  ENCRYPTION_KEY_FOREIGN(503, "API keys cannot be stored now"),
  ENCRYPTION_KEY_RETIRED(503, "API keys cannot be stored now"),
  DATABASE_UNAVAILABLE(503, "The database cannot be used"),
  IDENTITY_PROVIDER_UNAVAILABLE(503, "Sign-ins cannot be checked yet"),
  HTTP_VERSION_NOT_SUPPORTED(505, "The HTTP version is not supported");

  private final int status;
  private final String title;

  ProblemType(int status, String title) {
    this.status = status;
    this.title = title;
  }

  public int status() {
    return status;
  }

  /** The stable name, lower case with underscores. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What is the same for every occurrence (RFC 9457 §3.1.3). */
  String title() {
    return title;
  }
}
