package io.carol.llm.settings.baseurl;

import io.carol.llm.settings.InvalidValueException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Which base URLs are allowed, by their spelling alone: nothing is resolved or connected to. A
 * public name may lead to a private address, so the one who connects asks again about the address.
 *
 * <p>A base URL is {@code https} to any public or private host or {@code http} to a private one,
 * then optionally a port and a path:
 *
 * <pre>{@code
 * ("https" / "http") "://" ( name / IPv4 / "[" IPv6 "]" ) [ ":" port ] [ path ]
 * }</pre>
 *
 * <p>This is a list of what is allowed, stricter than RFC 3986 wherever two programs are known to
 * read the same URL differently. It depends on neither the locale nor the JDK's URL classes.
 *
 * @param allowPrivateHosts whether hosts on this machine and in private networks are allowed. A
 *     service for people who do not own the network it runs in says no
 */
public record BaseUrlPolicy(boolean allowPrivateHosts) {
  private static final int MAX_LENGTH = 2048;
  private static final int MAX_NAME_LENGTH = 253;
  private static final int MAX_PORT = 65_535;

  private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");

  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  /** A name without dots. Containers and Compose services have underscores in theirs. */
  private static final Pattern SINGLE_LABEL =
      Pattern.compile("[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?");

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
   * Names outside the public DNS. {@code host.docker.internal} and {@code *.svc.cluster.local} are
   * among them.
   */
  private static final List<String> PRIVATE_SUFFIXES =
      List.of(".localhost", ".local", ".internal", ".lan", ".home.arpa", ".svc");

  /** What RFC 3986 allows in a path: its {@code pchar}, the slash and the start of an escape. */
  private static final String PATH_CHARACTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/%";

  /** Characters that change what a URL means once somebody on the way decodes them early. */
  private static final String NEVER_ESCAPED = "/\\?#%";

  private record Host(String canonical, HostCategory kind) {}

  /**
   * Checks a URL.
   *
   * @param text the URL, already without whitespace around it
   * @throws InvalidValueException {@code too_long} for more than 2048 characters, {@code
   *     base_url_malformed} for anything that is not a plain URL of the form above, {@code
   *     base_url_forbidden_host} for a host that is never allowed or, with private hosts off,
   *     private, and {@code base_url_insecure} for {@code http} to a public host; the first of
   *     these that applies
   */
  public BaseUrl parse(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new InvalidValueException(
          "too_long", "The base URL is longer than " + MAX_LENGTH + " characters.");
    }
    requirePlainCharacters(text);

    int schemeEnd = text.indexOf("://");
    String scheme = schemeEnd < 0 ? "" : text.substring(0, schemeEnd).toLowerCase(Locale.ROOT);
    int defaultPort =
        switch (scheme) {
          case "https" -> 443;
          case "http" -> 80;
          default -> throw malformed("The base URL must start with https:// or http://.");
        };
    int authorityStart = schemeEnd + 3;
    int slash = text.indexOf('/', authorityStart);
    int authorityEnd = slash < 0 ? text.length() : slash;
    String authority = text.substring(authorityStart, authorityEnd);
    if (authority.contains("@")) {
      throw malformed(
          "The base URL must not hold a user name or password. The API key has a field of its"
              + " own.");
    }
    int bracket = authority.startsWith("[") ? authority.indexOf(']') : -1;
    int colon = authority.indexOf(':', bracket + 1);
    int hostEnd = colon < 0 ? authority.length() : colon;
    Host host = host(authority.substring(0, hostEnd));
    String port = port(authority.substring(hostEnd), defaultPort);
    requirePath(text.substring(authorityEnd));
    requireAllowed(host.kind(), scheme);
    return new BaseUrl(text, scheme + "://" + host.canonical() + port);
  }

  /**
   * Checks an address that the host of a base URL was resolved to, by the same rules as if it stood
   * in the URL. Whether the connection is then made to this very address is up to the caller.
   *
   * @throws InvalidValueException {@code base_url_forbidden_host} for an address that is never
   *     allowed or, with private hosts off, private, and {@code base_url_insecure} for {@code http}
   *     to a public address, whatever the name looks like
   */
  public void requireAllowed(BaseUrl baseUrl, InetAddress address) {
    requireAllowed(
        IpAddress.of(address).kind(),
        baseUrl.origin().substring(0, baseUrl.origin().indexOf("://")));
  }

  private static void requirePlainCharacters(String text) {
    int lowest = Character.MAX_VALUE;
    int highest = 0;
    for (int i = 0; i < text.length(); i++) {
      lowest = Math.min(lowest, text.charAt(i));
      highest = Math.max(highest, text.charAt(i));
    }
    if (highest > 0x7f) {
      throw malformed(
          "The base URL must be ASCII. Write an international host name in its xn-- form, and"
              + " percent-encode other characters of the path.");
    }
    if (lowest <= ' ' || highest == 0x7f) {
      throw malformed("The base URL must not contain whitespace or control characters.");
    }
    if (text.contains("\\")) {
      throw malformed("The base URL must not contain a backslash. Use / instead.");
    }
    if (text.contains("?") || text.contains("#")) {
      throw malformed("The base URL must not have a query (?) or a fragment (#).");
    }
  }

  private static Host host(String text) {
    if (text.startsWith("[") && text.endsWith("]")) {
      return IpAddress.ipv6(text.substring(1, text.length() - 1))
          .map(address -> new Host("[" + address.rfc5952() + "]", address.kind()))
          .orElseThrow(() ->
              malformed("What stands in brackets must be an IPv6 address, without a zone (%...)."));
    }
    String name = text.toLowerCase(Locale.ROOT);
    if (name.isEmpty()) {
      throw malformed("The base URL has no host. An IPv6 address belongs in brackets.");
    }
    if (name.contains("%")) {
      throw malformed("The host must not be percent-encoded. Write its characters themselves.");
    }
    if (name.endsWith(".")) {
      throw malformed("The host must not end in a dot.");
    }
    if (NUMBER.matcher(name.substring(name.lastIndexOf('.') + 1)).matches()) {
      return IpAddress.ipv4(name)
          .map(address -> new Host(name, address.kind()))
          .orElseThrow(() ->
              malformed(
                  "An IPv4 address must be four decimal numbers from 0 to 255, without leading"
                      + " zeros."));
    }
    requireName(name);
    return new Host(name, kindOfName(name));
  }

  private static void requireName(String name) {
    if (name.length() > MAX_NAME_LENGTH) {
      throw malformed("The host is longer than " + MAX_NAME_LENGTH + " characters.");
    }
    String[] labels = name.split("\\.", -1);
    Pattern allowed = labels.length == 1 ? SINGLE_LABEL : LABEL;
    for (String label : labels) {
      if (!allowed.matcher(label).matches()) {
        throw malformed(
            "The host is not a valid name: each part between the dots has 1 to 63 letters, digits"
                + " and hyphens, with no hyphen at its ends. Underscores are for names without"
                + " dots.");
      }
    }
  }

  private static HostCategory kindOfName(String name) {
    if (METADATA_NAMES.stream().anyMatch(m -> name.equals(m) || name.endsWith("." + m))) {
      return HostCategory.METADATA;
    }
    if (!name.contains(".") || PRIVATE_SUFFIXES.stream().anyMatch(name::endsWith)) {
      return HostCategory.PRIVATE;
    }
    return HostCategory.PUBLIC;
  }

  /** The port as it stands in an origin: with its colon, and empty for the scheme's default. */
  private static String port(String text, int defaultPort) {
    if (text.isEmpty()) {
      return "";
    }
    String digits = text.substring(1);
    // The pattern comes first: Integer.parseInt also reads other scripts' digits and signs.
    if (!PORT.matcher(digits).matches() || Integer.parseInt(digits) > MAX_PORT) {
      throw malformed(
          "The port must be a number from 1 to " + MAX_PORT + ", without leading zeros.");
    }
    return Integer.parseInt(digits) == defaultPort ? "" : text;
  }

  private static void requirePath(String path) {
    if (!path.chars().allMatch(c -> PATH_CHARACTERS.indexOf(c) >= 0)) {
      throw malformed(
          "The path has a character that must be percent-encoded. Placeholders such as {name} must"
              + " be filled in.");
    }
    String[] segments = decoded(path).split("/", -1);
    for (int i = 1; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      if (segments[i].isEmpty() && !last) {
        throw malformed("The path must not contain an empty segment (//).");
      }
      // Some servers drop a parameter (";...") before they look for dot segments.
      String name = segments[i].split(";", 2)[0];
      if (name.equals(".") || name.equals("..")) {
        throw malformed("The path must not contain the segments . and .., encoded or not.");
      }
    }
  }

  /** Decodes strictly: an overlong or broken UTF-8 sequence is a slash or dot to some readers. */
  private static String decoded(String path) {
    ByteBuffer octets = ByteBuffer.allocate(path.length());
    int next = 0;
    while (next < path.length()) {
      char c = path.charAt(next);
      if (c == '%') {
        octets.put((byte) escapedOctet(path, next + 1));
        next += 3;
      } else {
        octets.put((byte) c);
        next++;
      }
    }
    try {
      String decoded = StandardCharsets.UTF_8.newDecoder().decode(octets.flip()).toString();
      if (decoded.chars().anyMatch(Character::isISOControl)) {
        throw malformed("The path must not contain encoded control characters.");
      }
      return decoded;
    } catch (CharacterCodingException e) {
      throw malformed("The percent-encoding in the path is not UTF-8.");
    }
  }

  private static int escapedOctet(String path, int start) {
    int end = start + 2;
    if (end > path.length()
        || !path.substring(start, end).chars().allMatch(HexFormat::isHexDigit)) {
      throw malformed("A % in the path must be followed by two hexadecimal digits.");
    }
    int octet = HexFormat.fromHexDigits(path, start, end);
    if (NEVER_ESCAPED.indexOf(octet) >= 0) {
      throw malformed("The path must not contain an encoded slash, backslash, ?, # or %.");
    }
    return octet;
  }

  private void requireAllowed(HostCategory kind, String scheme) {
    switch (kind) {
      case PUBLIC -> {
        if (scheme.equals("http")) {
          throw new InvalidValueException(
              "base_url_insecure",
              allowPrivateHosts
                  ? "Use https, or a private host: over http the API key could be read on the way."
                  : "Use https: over http the API key could be read on the way.");
        }
      }
      case PRIVATE -> {
        if (!allowPrivateHosts) {
          throw forbidden("This server allows public hosts only, not local or private ones.");
        }
      }
      case UNSPECIFIED ->
          throw forbidden(
              "This is an address to listen on, not to connect to. Use localhost or the server's"
                  + " own address.");
      case LINK_LOCAL ->
          throw forbidden(
              "Link-local addresses are not allowed. Use another address of that server.");
      case MULTICAST -> throw forbidden("Multicast addresses are not allowed.");
      case RESERVED -> throw forbidden("Reserved and broadcast addresses are not allowed.");
      case METADATA -> throw forbidden("Cloud metadata and host services are not allowed.");
      case EMBEDDED_IPV4 ->
          throw forbidden(
              "IPv6 addresses that stand for an IPv4 address are not allowed. Use the IPv4 address"
                  + " itself.");
    }
  }

  private static InvalidValueException malformed(String message) {
    return new InvalidValueException("base_url_malformed", message);
  }

  private static InvalidValueException forbidden(String message) {
    return new InvalidValueException("base_url_forbidden_host", message);
  }
}
