package io.carol.llm.settings.baseurl;

/** What the spelling of a host, or an address it was resolved to, tells about it. */
enum HostCategory {
  /** Reached over networks others can listen on. */
  PUBLIC,
  /** On this machine or in the operator's own network. */
  PRIVATE,
  /** {@code 0.0.0.0}, {@code ::} and the rest of "this network". */
  UNSPECIFIED,
  /** Valid on one network segment only; home of most metadata services. */
  LINK_LOCAL,
  /** A group of hosts, not one of them. */
  MULTICAST,
  /** Set aside, withdrawn, or the broadcast address. */
  RESERVED,
  /** A cloud provider's metadata service, which hands out credentials to whoever can reach it. */
  METADATA,
  /** An IPv6 address that only carries an IPv4 address, and would slip it past the rules for it. */
  EMBEDDED_IPV4
}
