package io.carol.llm.http;

/**
 * What is wrong with one field of a request body.
 *
 * @param pointer where, as a JSON pointer (RFC 6901); empty for the body as a whole
 * @param code the stable name of the mistake
 * @param detail the same for a person; never holds the rejected value
 */
public record FieldError(String pointer, String code, String detail) {}
