/** What operators run in their clusters, held against what the service is. */
@NullMarked
package io.carol.llm.k8s;

import org.jspecify.annotations.NullMarked;
