/** What tests and the development server stand on: a real PostgreSQL, an identity, a client. */
@NullMarked
package io.carol.llm.testing;

import org.jspecify.annotations.NullMarked;
