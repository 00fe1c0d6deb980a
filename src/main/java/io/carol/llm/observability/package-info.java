/** The log, the audit log, metrics and health checks. */
@NullMarked
package io.carol.llm.observability;

import org.jspecify.annotations.NullMarked;
