package io.carol.llm.settings.baseurl;

import static io.carol.llm.settings.baseurl.HostCategory.EMBEDDED_IPV4;
import static io.carol.llm.settings.baseurl.HostCategory.LINK_LOCAL;
import static io.carol.llm.settings.baseurl.HostCategory.METADATA;
import static io.carol.llm.settings.baseurl.HostCategory.MULTICAST;
import static io.carol.llm.settings.baseurl.HostCategory.PRIVATE;
import static io.carol.llm.settings.baseurl.HostCategory.PUBLIC;
import static io.carol.llm.settings.baseurl.HostCategory.RESERVED;
import static io.carol.llm.settings.baseurl.HostCategory.UNSPECIFIED;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An IP address, resolved or read from its plain spelling only. The JDK's {@code InetAddress} would
 * also take {@code 127.1}, {@code 2130706433} and non-ASCII digits, turn mapped addresses into
 * IPv4, and ask the DNS about the rest.
 *
 * @param value the address as an unsigned number
 * @param bits 32 for IPv4, 128 for IPv6
 */
record IpAddress(BigInteger value, int bits) {
  private static final Pattern OCTET = Pattern.compile("0|[1-9][0-9]{0,2}");
  private static final Pattern GROUP = Pattern.compile("[0-9a-fA-F]{1,4}");
  private static final int GROUPS = 8;

  /** ISATAP interface ids are {@code 0:5efe} or {@code 200:5efe}, then an IPv4 address. */
  private static final int ISATAP = 0x5efe;

  private static final int ISATAP_UNIVERSAL_BIT = 0x0200_0000;

  /**
   * What is not {@link HostCategory#PUBLIC}, by the IANA special-purpose registries (RFC 6890) and
   * the documentation of the clouds. The first match counts: exceptions stand before their range.
   */
  private static final List<Block> BLOCKS =
      List.of(
          Block.of("100.100.100.200/32", METADATA), // Alibaba Cloud
          Block.of("168.63.129.16/32", METADATA), // Azure
          Block.of("192.0.0.192/32", METADATA), // Oracle Cloud
          Block.of("0.0.0.0/8", UNSPECIFIED),
          Block.of("10.0.0.0/8", PRIVATE),
          Block.of("100.64.0.0/10", PRIVATE), // carrier-grade NAT, also used by VPNs
          Block.of("127.0.0.0/8", PRIVATE), // loopback
          Block.of("169.254.0.0/16", LINK_LOCAL),
          Block.of("172.16.0.0/12", PRIVATE),
          Block.of("192.168.0.0/16", PRIVATE),
          Block.of("224.0.0.0/4", MULTICAST),
          Block.of("240.0.0.0/4", RESERVED), // class E and the broadcast address
          Block.of("::/128", UNSPECIFIED),
          Block.of("::1/128", PRIVATE), // loopback
          Block.of("::/96", EMBEDDED_IPV4), // IPv4-compatible
          Block.of("::ffff:0:0/96", EMBEDDED_IPV4), // IPv4-mapped
          Block.of("::ffff:0:0:0/96", EMBEDDED_IPV4), // IPv4-translated
          Block.of("64:ff9b::/96", EMBEDDED_IPV4), // NAT64
          Block.of("64:ff9b:1::/48", EMBEDDED_IPV4), // NAT64, local use
          Block.of("2001::/32", EMBEDDED_IPV4), // Teredo
          Block.of("2002::/16", EMBEDDED_IPV4), // 6to4
          Block.of("fd00:ec2::/32", METADATA), // AWS
          Block.of("fd20:ce::254/128", METADATA), // Google Cloud
          Block.of("fd00:c1::a9fe:a9fe/128", METADATA), // Oracle Cloud
          Block.of("fd00:100::100:200/128", METADATA), // Alibaba Cloud
          Block.of("fd00:42::42/128", METADATA), // Scaleway
          Block.of("fd00:a9fe:a9fe::1/128", METADATA), // Akamai (Linode)
          Block.of("fc00::/7", PRIVATE), // unique local
          Block.of("fe80::/10", LINK_LOCAL),
          Block.of("fec0::/10", RESERVED), // site-local, withdrawn by RFC 3879
          Block.of("ff00::/8", MULTICAST));

  /** A resolver's way to say IPv4 on a network that has IPv6 only: a connection ends up there. */
  private static final List<Block> RESOLVED_IPV4 =
      List.of(
          Block.of("::ffff:0:0/96", EMBEDDED_IPV4), // IPv4-mapped
          Block.of("64:ff9b::/96", EMBEDDED_IPV4)); // NAT64

  /**
   * What a name was resolved to. An IPv4-mapped or NAT64 address (RFC 6052) is the IPv4 address
   * that a connection to it leads to.
   */
  static IpAddress of(InetAddress resolved) {
    byte[] octets = resolved.getAddress();
    IpAddress address = new IpAddress(new BigInteger(1, octets), 8 * octets.length);
    return RESOLVED_IPV4.stream().anyMatch(block -> block.contains(address))
        ? new IpAddress(BigInteger.valueOf(address.value.intValue() & 0xffff_ffffL), 32)
        : address;
  }

  /** Four decimal parts from 0 to 255 without leading zeros; empty for any other text. */
  static Optional<IpAddress> ipv4(String text) {
    String[] octets = text.split("\\.", -1);
    if (octets.length != 4) {
      return Optional.empty();
    }
    long value = 0;
    for (String octet : octets) {
      // The pattern comes first: Integer.parseInt also reads other scripts' digits and signs.
      if (!OCTET.matcher(octet).matches() || Integer.parseInt(octet) > 255) {
        return Optional.empty();
      }
      value = value << 8 | Integer.parseInt(octet);
    }
    return Optional.of(new IpAddress(BigInteger.valueOf(value), 32));
  }

  /**
   * The text forms of RFC 4291 section 2.2, also with a dotted IPv4 tail, without brackets and
   * zone; empty for any other text.
   */
  static Optional<IpAddress> ipv6(String text) {
    if (!text.contains(".")) {
      return ipv6OfGroups(text);
    }
    int tail = text.lastIndexOf(':') + 1;
    return ipv4(text.substring(tail))
        .map(ipv4 -> text.substring(0, tail) + hex(ipv4.group(1)) + ":" + hex(ipv4.group(0)))
        .flatMap(IpAddress::ipv6OfGroups);
  }

  private static Optional<IpAddress> ipv6OfGroups(String text) {
    int gap = text.indexOf("::");
    List<String> groups = new ArrayList<>(split(gap < 0 ? text : text.substring(0, gap)));
    if (gap >= 0) {
      List<String> tail = split(text.substring(gap + 2));
      int zeros = GROUPS - groups.size() - tail.size();
      if (zeros < 1) {
        return Optional.empty();
      }
      groups.addAll(Collections.nCopies(zeros, "0"));
      groups.addAll(tail);
    }
    // A second "::" or a stray colon has left an empty group behind.
    if (groups.size() != GROUPS || !groups.stream().allMatch(GROUP.asMatchPredicate())) {
      return Optional.empty();
    }
    BigInteger value = BigInteger.ZERO;
    for (String group : groups) {
      value = value.shiftLeft(16).or(BigInteger.valueOf(Integer.parseInt(group, 16)));
    }
    return Optional.of(new IpAddress(value, 128));
  }

  private static List<String> split(String groups) {
    return groups.isEmpty() ? List.of() : List.of(groups.split(":", -1));
  }

  HostCategory kind() {
    if (bits == 128 && (value.shiftRight(32).intValue() & ~ISATAP_UNIVERSAL_BIT) == ISATAP) {
      return EMBEDDED_IPV4;
    }
    return BLOCKS.stream()
        .filter(block -> block.contains(this))
        .map(Block::kind)
        .findFirst()
        .orElse(PUBLIC);
  }

  /** The one spelling of this IPv6 address that RFC 5952 section 4 asks for. */
  String rfc5952() {
    // The first of the longest runs of at least two zero groups becomes "::".
    int gapStart = GROUPS;
    int gapLength = 1;
    for (int start = 0; start < GROUPS; start++) {
      int end = start;
      while (end < GROUPS && group(GROUPS - 1 - end) == 0) {
        end++;
      }
      if (end - start > gapLength) {
        gapStart = start;
        gapLength = end - start;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < GROUPS; i++) {
      if (i == gapStart) {
        text.append("::");
        i += gapLength - 1;
      } else {
        text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":");
        text.append(hex(group(GROUPS - 1 - i)));
      }
    }
    return text.toString();
  }

  /** Sixteen bits of the address, counted from its right end. */
  private int group(int fromRight) {
    return value.shiftRight(16 * fromRight).intValue() & 0xffff;
  }

  private static String hex(int group) {
    return Integer.toHexString(group);
  }

  private record Block(IpAddress network, int prefixLength, HostCategory kind) {
    static Block of(String cidr, HostCategory kind) {
      int slash = cidr.indexOf('/');
      String address = cidr.substring(0, slash);
      return new Block(
          ipv4(address).or(() -> ipv6(address)).orElseThrow(),
          Integer.parseInt(cidr.substring(slash + 1)),
          kind);
    }

    boolean contains(IpAddress address) {
      return address.bits == network.bits && prefix(address).equals(prefix(network));
    }

    private BigInteger prefix(IpAddress address) {
      return address.value.shiftRight(address.bits - prefixLength);
    }
  }
}
