/** How often somebody may ask: writes of a user, requests of a client. */
@NullMarked
package io.carol.llm.limits;

import org.jspecify.annotations.NullMarked;
