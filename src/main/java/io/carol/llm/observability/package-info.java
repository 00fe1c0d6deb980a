/** What lines of the log are made of. */
@NullMarked
package io.carol.llm.observability;

import org.jspecify.annotations.NullMarked;
