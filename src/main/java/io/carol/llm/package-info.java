/** The program: its wiring, its commands and how it logs. */
@NullMarked
package io.carol.llm;

import org.jspecify.annotations.NullMarked;
