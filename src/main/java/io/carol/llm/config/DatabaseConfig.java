package io.carol.llm.config;

/**
 * How to reach PostgreSQL.
 *
 * @param url a JDBC address, {@code jdbc:postgresql:...}
 * @param user empty when the address names the user or none is needed
 * @param password empty when none is needed
 * @param poolSize connections of this process at most
 */
public record DatabaseConfig(String url, String user, String password, int poolSize) {}
