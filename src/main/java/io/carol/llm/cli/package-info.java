/**
 * The commands beside {@code serve}: {@code migrate}, {@code rewrap}, {@code doctor} and {@code
 * health}.
 */
@NullMarked
package io.carol.llm.cli;

import org.jspecify.annotations.NullMarked;
