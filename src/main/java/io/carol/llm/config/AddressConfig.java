package io.carol.llm.config;

import java.util.List;

/**
 * Where API keys may be sent, beside the fixed rules of the address policy. {@link Setting} says
 * what each of these settings means.
 */
public record AddressConfig(
    boolean allowPrivateHosts, List<String> privateHosts, List<String> allowedHosts) {}
