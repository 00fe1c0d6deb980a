/**
 * Every setting of the program: read from Helidon's configuration in one place, checked, and handed
 * on as records. The defaults are written here and nowhere else.
 */
@NullMarked
package io.carol.llm.config;

import org.jspecify.annotations.NullMarked;
