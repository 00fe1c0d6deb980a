/** The HTTP resource {@code /api/settings/llm}. */
@NullMarked
package io.carol.llm.settings;

import org.jspecify.annotations.NullMarked;
