package io.carol.llm.settings.baseurl;

import org.jspecify.annotations.Nullable;

/** What the spelling of a host, or an address it was resolved to, tells about it. */
enum HostCategory {
  /** Reached over networks that strangers can listen on. */
  PUBLIC(null),
  /** On this machine or in the operator's own network. */
  PRIVATE(null),
  /** In no public network, and not known to be in the operator's own one either. */
  SPECIAL_PURPOSE(null),
  /** {@code 0.0.0.0}, {@code ::} and the rest of "this network". */
  UNSPECIFIED(
      "This is an address to listen on, not to connect to. Use localhost or the server's own"
          + " address."),
  /** Valid on one network segment only; home of most metadata services. */
  LINK_LOCAL("Link-local addresses are not allowed. Use another address of that server."),
  /** A group of hosts, not one of them. */
  MULTICAST("Multicast addresses are not allowed. Use the address of one server."),
  /** Set aside for the future, withdrawn, or the broadcast address. */
  RESERVED("Reserved and broadcast addresses are not allowed. Use the address of one server."),
  /** A cloud provider's metadata service, which hands out credentials to its callers. */
  METADATA("Cloud metadata and host services are not allowed. Use the address of the LLM service."),
  /** An IPv6 address that only carries an IPv4 address, and would slip it past the rules for it. */
  EMBEDDED_IPV4(
      "IPv6 addresses that stand for an IPv4 address are not allowed. Use the IPv4 address"
          + " itself.");

  private final @Nullable String refusal;

  HostCategory(@Nullable String refusal) {
    this.refusal = refusal;
  }

  /** Why no setting allows such a host, and what to do; null for a host that may be allowed. */
  @Nullable String refusal() {
    return refusal;
  }
}
