package io.carol.llm.http;

/**
 * In the request's context when its token was refused, for the access log; the client is not told.
 *
 * @param reason a stable name such as {@code expired}; never part of the token
 */
public record RefusedToken(String reason) {}
