/** The HTTP resource {@code /api/settings/llm}. */
@NullMarked
package io.carol.llm.api;

import org.jspecify.annotations.NullMarked;
