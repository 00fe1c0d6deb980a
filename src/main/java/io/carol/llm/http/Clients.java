package io.carol.llm.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.RoutingRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Whose address a request comes from, with proxies in between. Immutable, thread-safe. */
public final class Clients {
  // This machine and private networks: RFC 1122, 1918, 6598, 3927, 4291, 4193.
  private static final List<Network> PRIVATE =
      networks(
          "127.0.0.0/8, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16,"
              + " ::1, fc00::/7, fe80::/10");

  // Some proxies add the port, and then brackets around an IPv6 address (RFC 7239 §6).
  private static final Pattern HOP =
      Pattern.compile("\\[([0-9A-Fa-f:.]+)](?::[0-9]+)?|([0-9.]+)(?::[0-9]+)?|([0-9A-Fa-f:.]+)");

  private final List<Network> trustedProxies;

  /**
   * @param trustedProxies addresses and networks (CIDR) with commas between them, of the proxies
   *     whose {@code X-Forwarded-For} is believed; may be empty
   * @throws IllegalArgumentException when one of them is neither
   */
  public Clients(String trustedProxies) {
    this.trustedProxies = networks(trustedProxies);
  }

  /**
   * The client's address: the peer's, or, when that is a trusted proxy, the last hop in {@code
   * X-Forwarded-For} that is none; what stands before it anybody can have written. Empty when
   * nobody knows: for a trusted proxy that names no client, and for a peer on this machine or in a
   * private network, which is likely a proxy that nobody has said is one, with everybody behind it.
   */
  Optional<InetAddress> address(RoutingRequest request) {
    InetAddress peer = ((InetSocketAddress) request.remotePeer().address()).getAddress();
    if (!isIn(trustedProxies, peer)) {
      return isIn(PRIVATE, peer) ? Optional.empty() : Optional.of(peer);
    }
    List<String> hops =
        request.headers().all(HeaderNames.X_FORWARDED_FOR, List::of).stream()
            .flatMap(header -> Stream.of(header.split(",")))
            .toList();
    for (String hop : hops.reversed()) {
      Optional<InetAddress> address = parse(hop.strip());
      if (address.isEmpty() || !isIn(trustedProxies, address.get())) {
        return address;
      }
    }
    return Optional.empty();
  }

  private static Optional<InetAddress> parse(String hop) {
    Matcher parts = HOP.matcher(hop);
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      return Stream.of(parts.group(1), parts.group(2), parts.group(3))
          .filter(group -> group != null)
          .map(InetAddress::ofLiteral)
          .findFirst();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean isIn(List<Network> networks, InetAddress address) {
    byte[] bytes = address.getAddress();
    for (Network network : networks) {
      if (network.contains(bytes)) {
        return true;
      }
    }
    return false;
  }

  private static List<Network> networks(String text) {
    return Stream.of(text.split(","))
        .map(String::strip)
        .filter(network -> !network.isEmpty())
        .map(Network::parse)
        .toList();
  }
}
