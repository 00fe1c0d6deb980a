package io.carol.llm.config;

import java.util.List;

/**
 * Where API keys may be sent, beside the fixed rules of the address policy.
 *
 * @param allowPrivateHosts whether this machine and private networks are allowed at all
 * @param privateHosts further hosts that count as private, so that plain http is allowed: {@code
 *     .corp.example} for all names below it, {@code llm.example.com} for itself, networks as CIDR
 * @param allowedHosts when not empty, all hosts there are, in the same notation
 */
public record AddressConfig(
    boolean allowPrivateHosts, List<String> privateHosts, List<String> allowedHosts) {}
