/** What lines of the log are made of. */
@NullMarked
package io.carol.llm.log;

import org.jspecify.annotations.NullMarked;
