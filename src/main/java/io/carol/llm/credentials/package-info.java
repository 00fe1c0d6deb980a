/**
 * The domain: which LLM a user's conversations go to, and with which key.
 *
 * <p>Values are checked where they are made: an {@link io.carol.llm.credentials.ApiKey}, a {@link
 * io.carol.llm.credentials.ModelName} or a {@link io.carol.llm.credentials.BaseUrl} that exists
 * keeps its rules. What breaks a rule is refused with an {@link
 * io.carol.llm.credentials.InvalidValueException}, which names the rule and never the value.
 */
@NullMarked
package io.carol.llm.credentials;

import org.jspecify.annotations.NullMarked;
