/**
 * Makes the user id of a request from its bearer token or session cookie. A change with the cookie
 * has to come from this origin.
 */
@NullMarked
package io.carol.llm.auth;

import org.jspecify.annotations.NullMarked;
