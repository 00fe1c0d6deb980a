/** The connection pool, the schema and whether both are there. */
@NullMarked
package io.carol.llm.database;

import org.jspecify.annotations.NullMarked;
