package io.carol.llm.settings.baseurl;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The host of a URL: a name or an IP address.
 *
 * @param text in canonical spelling: a name in lower case, IPv4 as four decimal numbers, IPv6 in
 *     brackets and in the form of RFC 5952
 * @param address null for a name
 */
record Host(String text, @Nullable IpAddress address) {
  private static final int MAX_NAME_LENGTH = 253;

  /** Containers and Compose services have underscores in their names. */
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?");

  /** A last label that makes resolvers and browsers read the whole host as an IPv4 address. */
  private static final Pattern NUMBER = Pattern.compile("[0-9]+|0x[0-9a-f]*");

  /** Names of cloud metadata services; names below them are refused, too. */
  private static final List<String> METADATA_NAMES =
      List.of(
          "metadata",
          "metadata.internal",
          "metadata.goog",
          "metadata.google.internal",
          "metadata.azure.internal",
          "metadata.tencentyun.com",
          "instance-data",
          "instance-data.ec2.internal");

  /**
   * Names that lead into a private network by their nature. {@code host.docker.internal} and {@code
   * *.svc.cluster.local} are among them; {@code .ts.net} is Tailscale's.
   */
  private static final List<String> PRIVATE_SUFFIXES =
      List.of(".localhost", ".local", ".internal", ".lan", ".home.arpa", ".svc", ".ts.net");

  /**
   * Reads a host.
   *
   * @throws io.carol.llm.settings.InvalidValueException {@code base_url_malformed} when it is none
   */
  static Host parse(String host) {
    if (host.startsWith("[") && host.endsWith("]")) {
      return IpAddress.ipv6(host.substring(1, host.length() - 1))
          .map(address -> new Host("[" + address.rfc5952() + "]", address))
          .orElseThrow(() ->
              BaseUrl.malformed(
                  "What stands in brackets must be an IPv6 address, without a zone (%...)."));
    }
    String name = host.toLowerCase(Locale.ROOT);
    if (name.isEmpty()) {
      throw BaseUrl.malformed("The base URL has no host. An IPv6 address belongs in brackets.");
    }
    if (name.contains("%")) {
      throw BaseUrl.malformed(
          "The host must not be percent-encoded. Write its characters themselves.");
    }
    if (name.endsWith(".")) {
      throw BaseUrl.malformed("The host must not end in a dot.");
    }
    if (NUMBER.matcher(name.substring(name.lastIndexOf('.') + 1)).matches()) {
      return IpAddress.ipv4(name)
          .map(address -> new Host(name, address))
          .orElseThrow(() ->
              BaseUrl.malformed(
                  "An IPv4 address must be four decimal numbers from 0 to 255, without leading"
                      + " zeros."));
    }
    if (name.length() > MAX_NAME_LENGTH) {
      throw BaseUrl.malformed("The host is longer than " + MAX_NAME_LENGTH + " characters.");
    }
    for (String label : name.split("\\.", -1)) {
      if (!LABEL.matcher(label).matches()) {
        throw BaseUrl.malformed(
            "The host is not a valid name: each part between the dots has 1 to 63 letters, digits"
                + " and hyphens, with no hyphen at its ends.");
      }
    }
    return new Host(name, null);
  }

  /** What this host is without anything that an operator has said about it. */
  HostCategory category() {
    if (address != null) {
      return address.category();
    }
    if (METADATA_NAMES.stream().anyMatch(name -> ("." + text).endsWith("." + name))) {
      return HostCategory.METADATA;
    }
    if (!text.contains(".") || PRIVATE_SUFFIXES.stream().anyMatch(text::endsWith)) {
      return HostCategory.PRIVATE;
    }
    return HostCategory.PUBLIC;
  }
}
