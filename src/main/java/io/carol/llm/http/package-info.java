/**
 * What every HTTP exchange has in common: its id, problem documents, security headers and the
 * access log. Of the service's packages it imports {@code observability} alone.
 */
@NullMarked
package io.carol.llm.http;

import org.jspecify.annotations.NullMarked;
