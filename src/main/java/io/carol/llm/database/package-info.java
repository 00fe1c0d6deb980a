/** The connection pool, the named statements and the migrations. */
@NullMarked
package io.carol.llm.database;

import org.jspecify.annotations.NullMarked;
