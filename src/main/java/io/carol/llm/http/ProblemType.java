package io.carol.llm.http;

/**
 * Every kind of problem this service answers, with the HTTP status it goes with. The code is the
 * stable name clients act on; title and detail are for people.
 */
public enum ProblemType {
  BAD_REQUEST(400, "bad_request", "The request is not valid HTTP"),
  MALFORMED_JSON(400, "malformed_json", "The body is not one well-formed JSON value"),
  UNAUTHENTICATED(401, "unauthenticated", "Not signed in"),
  FORBIDDEN(403, "forbidden", "The request does not come from this site"),
  UNKNOWN_USER(403, "unknown_user", "The user is not known here"),
  NOT_CONFIGURED(404, "not_configured", "No LLM is configured"),
  NOT_FOUND(404, "not_found", "There is nothing at this address"),
  METHOD_NOT_ALLOWED(405, "method_not_allowed", "The method is not allowed here"),
  PRECONDITION_FAILED(412, "precondition_failed", "The settings are not in the state expected"),
  PAYLOAD_TOO_LARGE(413, "payload_too_large", "The body is too large"),
  UNSUPPORTED_MEDIA_TYPE(415, "unsupported_media_type", "The body is not application/json"),
  INVALID(422, "invalid", "Some fields are not valid"),
  RATE_LIMITED(429, "rate_limited", "Too many requests"),
  INTERNAL(500, "internal", "Something went wrong here"),
  ENCRYPTION_KEY_MISSING(503, "encryption_key_missing", "Keys cannot be stored yet"),
  ENCRYPTION_KEY_MALFORMED(503, "encryption_key_malformed", "Keys cannot be stored yet"),
  ENCRYPTION_KEY_FOREIGN(503, "encryption_key_foreign", "Keys cannot be stored yet"),
  ENCRYPTION_KEY_RETIRED(503, "encryption_key_retired", "Keys cannot be stored yet"),
  DATABASE_UNAVAILABLE(503, "database_unavailable", "The database cannot be reached"),
  IDENTITY_PROVIDER_UNAVAILABLE(
      503, "identity_provider_unavailable", "Sign-ins cannot be checked yet"),
  HTTP_VERSION_NOT_SUPPORTED(
      505, "http_version_not_supported", "The HTTP version is not supported");

  private final int status;
  private final String code;
  private final String title;

  ProblemType(int status, String code, String title) {
    this.status = status;
    this.code = code;
    this.title = title;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** The stable name, lower case with underscores. */
  public String code() {
    return code;
  }

  /** Whether waiting helps: the wrong encryption key stays until an operator changes it. */
  boolean endsByItself() {
    return switch (this) {
      case ENCRYPTION_KEY_MISSING,
          ENCRYPTION_KEY_MALFORMED,
          ENCRYPTION_KEY_FOREIGN,
          ENCRYPTION_KEY_RETIRED ->
          false;
      default -> true;
    };
  }

  /** What is the same for every occurrence (RFC 9457 §3.1.3). */
  String title() {
    return title;
  }
}
