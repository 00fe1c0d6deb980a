/**
 * Who sent a request: a bearer token or session cookie in, a user id out. A change with the cookie
 * has to come from this origin.
 */
@NullMarked
package io.carol.llm.auth;

import org.jspecify.annotations.NullMarked;
