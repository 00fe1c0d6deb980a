package io.carol.llm.settings.baseurl;

import static io.carol.llm.settings.baseurl.HostCategory.EMBEDDED_IPV4;
import static io.carol.llm.settings.baseurl.HostCategory.LINK_LOCAL;
import static io.carol.llm.settings.baseurl.HostCategory.METADATA;
import static io.carol.llm.settings.baseurl.HostCategory.MULTICAST;
import static io.carol.llm.settings.baseurl.HostCategory.PRIVATE;
import static io.carol.llm.settings.baseurl.HostCategory.PUBLIC;
import static io.carol.llm.settings.baseurl.HostCategory.RESERVED;
import static io.carol.llm.settings.baseurl.HostCategory.SPECIAL_PURPOSE;
import static io.carol.llm.settings.baseurl.HostCategory.UNSPECIFIED;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An IP address, resolved or read from its plain spelling only. The JDK's {@code InetAddress} would
 * also take {@code 127.1} and {@code 2130706433}, turn mapped addresses into IPv4, and ask the DNS
 * about the rest.
 *
 * @param value the address as an unsigned number
 * @param bits 32 for IPv4, 128 for IPv6
 */
record IpAddress(BigInteger value, int bits) {
  private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final String DOTTED = OCTET + "(?:\\." + OCTET + "){3}";
  private static final Pattern IPV4 = Pattern.compile(DOTTED);
  private static final String GROUP = "[0-9a-fA-F]{0,4}";
  private static final Pattern IPV6 =
      Pattern.compile("(?:" + GROUP + ":){2,8}(?:" + GROUP + "|" + DOTTED + ")");
  private static final int GROUPS = 8;

  private static final BigInteger MAPPED_PREFIX = BigInteger.valueOf(0xffff_0000_0000L);

  /** ISATAP interface ids are {@code 0:5efe} or {@code 200:5efe}, then an IPv4 address. */
  private static final int ISATAP = 0x5efe;

  private static final int ISATAP_UNIVERSAL_BIT = 0x0200_0000;

  private record Range(CidrBlock block, HostCategory category) {
    static Range of(String block, HostCategory category) {
      return new Range(CidrBlock.of(block), category);
    }
  }

  /**
   * What is not {@link HostCategory#PUBLIC}, by the IANA IPv4 and IPv6 special-purpose address
   * registries (RFC 6890) and the documentation of the clouds. The first match counts: exceptions
   * stand before their range.
   */
  private static final List<Range> RANGES =
      List.of(
          Range.of("100.100.100.200", METADATA), // Alibaba Cloud
          Range.of("168.63.129.16", METADATA), // Azure
          Range.of("192.0.0.192", METADATA), // Oracle Cloud
          Range.of("0.0.0.0/8", UNSPECIFIED),
          Range.of("10.0.0.0/8", PRIVATE),
          Range.of("100.64.0.0/10", PRIVATE), // carrier-grade NAT, also used by VPNs
          Range.of("127.0.0.0/8", PRIVATE), // loopback
          Range.of("169.254.0.0/16", LINK_LOCAL),
          Range.of("172.16.0.0/12", PRIVATE),
          Range.of("192.0.0.0/24", SPECIAL_PURPOSE), // protocol assignments
          Range.of("192.0.2.0/24", SPECIAL_PURPOSE), // documentation
          Range.of("192.88.99.0/24", SPECIAL_PURPOSE), // 6to4 relays, withdrawn by RFC 7526
          Range.of("192.168.0.0/16", PRIVATE),
          Range.of("198.18.0.0/15", SPECIAL_PURPOSE), // benchmarking; some VPNs answer with it
          Range.of("198.51.100.0/24", SPECIAL_PURPOSE), // documentation
          Range.of("203.0.113.0/24", SPECIAL_PURPOSE), // documentation
          Range.of("224.0.0.0/4", MULTICAST),
          Range.of("240.0.0.0/4", RESERVED), // class E and the broadcast address
          Range.of("::", UNSPECIFIED),
          Range.of("::1", PRIVATE), // loopback
          Range.of("::/96", EMBEDDED_IPV4), // IPv4-compatible
          Range.of("::ffff:0:0/96", EMBEDDED_IPV4), // IPv4-mapped
          Range.of("::ffff:0:0:0/96", EMBEDDED_IPV4), // IPv4-translated
          Range.of("64:ff9b::/96", EMBEDDED_IPV4), // NAT64
          Range.of("64:ff9b:1::/48", EMBEDDED_IPV4), // NAT64, local use
          Range.of("100::/64", SPECIAL_PURPOSE), // discard only
          Range.of("100:0:0:1::/64", SPECIAL_PURPOSE), // dummy prefix
          Range.of("2001::/32", EMBEDDED_IPV4), // Teredo
          Range.of("2001::/23", SPECIAL_PURPOSE), // protocol assignments, among them benchmarking
          Range.of("2001:db8::/32", SPECIAL_PURPOSE), // documentation
          Range.of("2002::/16", EMBEDDED_IPV4), // 6to4
          Range.of("3fff::/20", SPECIAL_PURPOSE), // documentation
          Range.of("5f00::/16", SPECIAL_PURPOSE), // segment routing
          Range.of("fd00:ec2::/32", METADATA), // AWS
          Range.of("fd20:ce::254", METADATA), // Google Cloud
          Range.of("fd00:c1::a9fe:a9fe", METADATA), // Oracle Cloud
          Range.of("fd00:100::100:200", METADATA), // Alibaba Cloud
          Range.of("fd00:42::42", METADATA), // Scaleway
          Range.of("fd00:a9fe:a9fe::1", METADATA), // Akamai (Linode)
          Range.of("fc00::/7", PRIVATE), // unique local
          Range.of("fe80::/10", LINK_LOCAL),
          Range.of("fec0::/10", RESERVED), // site-local, withdrawn by RFC 3879
          Range.of("ff00::/8", MULTICAST));

  /**
   * Forms in which a resolver answers with an IPv4 address on a network that has IPv6 only. A
   * connection to one ends at that IPv4 address.
   */
  private static final List<CidrBlock> RESOLVED_IPV4 =
      List.of(CidrBlock.of("::ffff:0:0/96"), CidrBlock.of("64:ff9b::/96"));

  /**
   * What a name was resolved to. An IPv4-mapped or NAT64 address (RFC 6052) is the IPv4 address
   * that a connection to it leads to.
   */
  static IpAddress of(InetAddress resolved) {
    IpAddress address = ofOctets(resolved.getAddress());
    return RESOLVED_IPV4.stream().anyMatch(block -> block.contains(address))
        ? new IpAddress(BigInteger.valueOf(address.value.intValue() & 0xffff_ffffL), 32)
        : address;
  }

  private static IpAddress ofOctets(byte[] octets) {
    return new IpAddress(new BigInteger(1, octets), octets.length * Byte.SIZE);
  }

  /** Four decimal parts from 0 to 255 without leading zeros; empty for any other text. */
  static Optional<IpAddress> ipv4(String text) {
    return IPV4.matcher(text).matches()
        ? Optional.of(ofOctets(InetAddress.ofLiteral(text).getAddress()))
        : Optional.empty();
  }

  /**
   * The text forms of RFC 4291 section 2.2, also with a dotted IPv4 tail, without brackets and
   * zone; empty for any other text.
   */
  static Optional<IpAddress> ipv6(String text) {
    if (!IPV6.matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      IpAddress address = ofOctets(InetAddress.ofLiteral(text).getAddress());
      // The JDK makes IPv4 addresses of mapped ones.
      return Optional.of(
          address.bits == 32 ? new IpAddress(address.value.or(MAPPED_PREFIX), 128) : address);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  HostCategory category() {
    if (bits == 128 && (value.shiftRight(32).intValue() & ~ISATAP_UNIVERSAL_BIT) == ISATAP) {
      return EMBEDDED_IPV4;
    }
    return RANGES.stream()
        .filter(range -> range.block.contains(this))
        .map(Range::category)
        .findFirst()
        .orElse(PUBLIC);
  }

  /** The leading bits as an unsigned number. */
  BigInteger prefix(int length) {
    return value.shiftRight(bits - length);
  }

  /** The one spelling of this IPv6 address that RFC 5952 section 4 asks for. */
  String rfc5952() {
    String text =
        IntStream.rangeClosed(1, GROUPS)
            .mapToObj(i -> Integer.toHexString(prefix(16 * i).intValue() & 0xffff))
            .collect(Collectors.joining(":"));
    // The first of the longest runs of at least two zero groups becomes "::".
    for (int zeros = GROUPS; zeros > 1; zeros--) {
      Matcher run = Pattern.compile("(?:^|:)0(?::0){" + (zeros - 1) + "}(?:$|:)").matcher(text);
      if (run.find()) {
        return text.substring(0, run.start()) + "::" + text.substring(run.end());
      }
    }
    return text;
  }
}
