/**
 * The domain: which LLM a user's conversations go to, and with which key.
 *
 * <p>Values are checked where they are made: an {@link io.carol.llm.settings.ApiKey}, a {@link
 * io.carol.llm.settings.ModelName} or a {@link io.carol.llm.settings.baseurl.BaseUrl} that exists
 * keeps its rules. What breaks a rule is refused with an {@link
 * io.carol.llm.settings.InvalidValueException}, which names the rule and never the value.
 */
@NullMarked
package io.carol.llm.settings;

import org.jspecify.annotations.NullMarked;
