package io.carol.llm.settings.baseurl;

import io.carol.llm.config.ConfigurationException;
import io.carol.llm.settings.InvalidValueException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.apache.hc.client5.http.psl.DomainType;
import org.apache.hc.client5.http.psl.PublicSuffixMatcherLoader;

/**
 * Hosts that an operator lists: {@code llm.example.com} is that name, {@code .corp.example} or
 * {@code *.corp.example} all names below it, {@code 10.1.0.0/16} and {@code 10.1.2.3} the addresses
 * themselves, not the names that lead to them.
 */
record HostList(List<Predicate<Host>> entries) {
  /** Shorter prefixes are more than any network an operator owns. */
  private static final int MIN_IPV4_PREFIX = 8;

  private static final int MIN_IPV6_PREFIX = 7;

  /**
   * @param variable the setting that holds the entries
   * @throws ConfigurationException naming the setting and the place of every entry that cannot be
   *     read, covers too much, or names what is never allowed
   */
  static HostList of(String variable, List<String> entries) {
    List<Predicate<Host>> predicates = new ArrayList<>();
    List<String> mistakes = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      try {
        predicates.add(predicate(entries.get(i).toLowerCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        mistakes.add("%s: entry %d %s".formatted(variable, i + 1, e.getMessage()));
      }
    }
    if (!mistakes.isEmpty()) {
      throw new ConfigurationException(String.join("\n", mistakes));
    }
    return new HostList(List.copyOf(predicates));
  }

  private static Predicate<Host> predicate(String entry) {
    if (entry.contains("/")) {
      return network(CidrBlock.of(entry));
    }
    boolean below = entry.startsWith(".") || entry.startsWith("*.");
    Host host = host(below ? entry.substring(entry.indexOf('.') + 1) : entry);
    IpAddress address = host.address();
    if (address != null && !below) {
      return network(new CidrBlock(address, address.bits()));
    }
    requireOrdinary(host);
    if (!below) {
      return other -> other.text().equals(host.text());
    }
    Host example = host("x." + host.text());
    if (example.category() == HostCategory.PUBLIC && isRegistrable(example.text())) {
      throw new IllegalArgumentException(
          "covers everything below a public suffix such as .com: name the domain that is yours");
    }
    return other -> other.text().endsWith("." + host.text());
  }

  private static Host host(String text) {
    try {
      boolean isIpv6 = text.contains(":") && !text.startsWith("[");
      return Host.parse(isIpv6 ? "[" + text + "]" : text);
    } catch (InvalidValueException e) {
      // Its message speaks of a base URL.
      throw new IllegalArgumentException(
          "is not a host name, a name with a dot before it, an IP address or a network such as"
              + " 10.0.0.0/8");
    }
  }

  private static Predicate<Host> network(CidrBlock block) {
    boolean isIpv4 = block.network().bits() == 32;
    if (block.prefixLength() < (isIpv4 ? MIN_IPV4_PREFIX : MIN_IPV6_PREFIX)) {
      throw new IllegalArgumentException(
          "covers too much: an IPv4 network has a prefix of at least %d bits, an IPv6 network of %d"
              .formatted(MIN_IPV4_PREFIX, MIN_IPV6_PREFIX));
    }
    requireOrdinary(new Host("", block.network()));
    return other -> other.address() != null && block.contains(other.address());
  }

  private static void requireOrdinary(Host host) {
    if (host.category().refusal() != null) {
      throw new IllegalArgumentException("names what is never allowed");
    }
  }

  /** Whether a name is the first below a public suffix. */
  private static boolean isRegistrable(String name) {
    return name.equals(
        PublicSuffixMatcherLoader.getDefault().getDomainRoot(name, DomainType.ICANN));
  }

  boolean contains(Host host) {
    return entries.stream().anyMatch(entry -> entry.test(host));
  }
}
