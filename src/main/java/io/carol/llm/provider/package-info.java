/**
 * The way out to a user's LLM, for the agent loop and for the check of settings: a connection is
 * made only to an address that the base URL policy allows.
 */
@NullMarked
package io.carol.llm.provider;

import org.jspecify.annotations.NullMarked;
