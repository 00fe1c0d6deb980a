/**
 * Sealing of small secrets for storage: AES-256-GCM under a ring of keys, bound to the place the
 * secret belongs to. {@link KeyRing} documents the stored form.
 */
@NullMarked
package io.carol.llm.crypto;

import org.jspecify.annotations.NullMarked;
