/**
 * The settings page: files of the class path folder {@code web}, built from {@code src/main/web}.
 */
@NullMarked
package io.carol.llm.web;

import org.jspecify.annotations.NullMarked;
