/**
 * The settings page, which is files of the class path folder {@code web}, built from {@code
 * src/main/web}; and the contract as a document.
 */
@NullMarked
package io.carol.llm.web;

import org.jspecify.annotations.NullMarked;
