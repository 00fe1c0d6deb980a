/**
 * Who sent a request: a bearer token or session cookie in, a user id out. Imports Nimbus JOSE +
 * JWT, Caffeine, Helidon, SLF4J and the packages http and config.
 */
@NullMarked
package io.carol.llm.auth;

import org.jspecify.annotations.NullMarked;
