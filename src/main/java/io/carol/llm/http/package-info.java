/**
 * What every HTTP exchange has in common: its id, problem documents, security headers, the access
 * log and the refusal of messages whose end is ambiguous. Of the service's packages it imports
 * {@code observability} alone.
 */
@NullMarked
package io.carol.llm.http;

import org.jspecify.annotations.NullMarked;
