/** The HTTP resources {@code /api/settings/llm} and below. */
@NullMarked
package io.carol.llm.api;

import org.jspecify.annotations.NullMarked;
