/** The program: its command line and its wiring. */
@NullMarked
package io.carol.llm;

import org.jspecify.annotations.NullMarked;
