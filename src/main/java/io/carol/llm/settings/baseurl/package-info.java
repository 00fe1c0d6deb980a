/**
 * Which addresses an API key may be sent to. A base URL is judged by its spelling, and an address
 * by its number. Nothing is resolved or connected to.
 */
@NullMarked
package io.carol.llm.settings.baseurl;

import org.jspecify.annotations.NullMarked;
