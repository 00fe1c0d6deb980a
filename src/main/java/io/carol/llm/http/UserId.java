package io.carol.llm.http;

/**
 * Whose request it is. In the request's context once the caller is authenticated.
 *
 * @param value the subject of the token, as it came; not for logs
 */
public record UserId(String value) {}
