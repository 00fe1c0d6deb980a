/** What the service costs beside what its parts cost alone: {@code make bench}. */
@NullMarked
package io.carol.llm.bench;

import org.jspecify.annotations.NullMarked;
