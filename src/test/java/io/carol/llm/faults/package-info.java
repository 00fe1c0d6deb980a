/** What breaks around the service, tried with real parts. */
@NullMarked
package io.carol.llm.faults;

import org.jspecify.annotations.NullMarked;
