package io.carol.llm.config;

/**
 * How to reach PostgreSQL. {@link Setting} says what each of these settings means.
 *
 * @param user empty when the address names the user or none is needed
 * @param password empty when none is needed
 */
public record DatabaseConfig(String url, String user, String password, int poolSize) {}
