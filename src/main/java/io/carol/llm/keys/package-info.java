/**
 * Which encryption keys there are, which of them belong to the database, and how stored API keys
 * move from one to another.
 */
@NullMarked
package io.carol.llm.keys;

import org.jspecify.annotations.NullMarked;
