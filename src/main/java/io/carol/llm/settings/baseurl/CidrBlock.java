package io.carol.llm.settings.baseurl;

import java.util.regex.Pattern;

/**
 * The IP addresses that start with the same bits (CIDR, RFC 4632 and RFC 4291 section 2.3).
 *
 * @param prefixLength how many leading bits of {@code network} they share
 */
record CidrBlock(IpAddress network, int prefixLength) {
  private static final Pattern PREFIX_LENGTH = Pattern.compile("[0-9]{1,3}");

  /**
   * @throws IllegalArgumentException when the prefix length does not fit the address, or a bit
   *     after the prefix is set
   */
  CidrBlock {
    if (prefixLength > network.bits()) {
      throw new IllegalArgumentException("has a prefix longer than its address");
    }
    if (!network
        .prefix(prefixLength)
        .shiftLeft(network.bits() - prefixLength)
        .equals(network.value())) {
      throw new IllegalArgumentException("has an address with bits set after its prefix");
    }
  }

  /**
   * Reads {@code 10.0.0.0/8}, {@code 2001:db8::/32} or a single address.
   *
   * @throws IllegalArgumentException for any other text; the message does not repeat it
   */
  static CidrBlock of(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    IpAddress network =
        IpAddress.ipv4(address)
            .or(() -> IpAddress.ipv6(address))
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "is not a network such as 10.0.0.0/8. Name a host alone, without https:// and path"));
    String prefixLength = slash < 0 ? String.valueOf(network.bits()) : text.substring(slash + 1);
    if (!PREFIX_LENGTH.matcher(prefixLength).matches()) {
      throw new IllegalArgumentException("has no number after its slash");
    }
    return new CidrBlock(network, Integer.parseInt(prefixLength));
  }

  boolean contains(IpAddress address) {
    return address.bits() == network.bits()
        && address.prefix(prefixLength).equals(network.prefix(prefixLength));
  }
}
