package io.carol.llm.settings.baseurl;

import static io.carol.llm.settings.baseurl.BaseUrl.malformed;

import io.carol.llm.config.AddressConfig;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.Provider;
import io.carol.llm.settings.UnseenCharacters;
import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which base URLs are allowed, by their spelling alone: nothing is resolved or connected to. A
 * public name may lead to a private address, so a client that connects has to ask again about the
 * address.
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
 * Immutable and thread-safe.
 */
public final class BaseUrlPolicy {
  private static final int MAX_LENGTH = 2048;
  private static final int MAX_PORT = 65_535;
  private static final Pattern URL =
      Pattern.compile(
          "(?<scheme>https?)://(?<host>(?:\\[[^/\\]]*])?[^/:]*)(?<port>[^/]*)(?<path>.*)",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");

  /** Calls that clients add to a base URL, at the end of a path. */
  private static final String ENDPOINT =
      "(?:(?:/chat)?/completions|/responses|/embeddings|/messages"
          + "|(?<=/v[0-9][a-z0-9.]{0,15})/models)";

  private static final Pattern OPENAI_ENDPOINT =
      Pattern.compile(ENDPOINT + "$", Pattern.CASE_INSENSITIVE);

  private static final Pattern ANTHROPIC_ENDPOINT =
      Pattern.compile("(?:(?:/v1)?" + ENDPOINT + "|/v1(?:/complete)?)$", Pattern.CASE_INSENSITIVE);

  private final boolean allowPrivateHosts;
  private final HostList privateHosts;
  private final HostList allowedHosts;

  /**
   * @throws io.carol.llm.config.ConfigurationException naming every entry of a list that cannot be
   *     used
   */
  public BaseUrlPolicy(AddressConfig config) {
    this.allowPrivateHosts = config.allowPrivateHosts();
    this.privateHosts = HostList.of("CAROL_PRIVATE_HOSTS", config.privateHosts());
    this.allowedHosts = HostList.of("CAROL_ALLOWED_HOSTS", config.allowedHosts());
  }

  /**
   * Checks a URL that a user sends for a provider: as {@link #parse(String)}, and it must be what
   * stands before the calls of an API.
   *
   * @throws InvalidValueException as {@link #parse(String)}, and {@code base_url_endpoint} when it
   *     ends in a call such as {@code /chat/completions}, or for {@link Provider#ANTHROPIC} in
   *     {@code /v1}; the message names what to cut
   */
  public BaseUrl parse(Provider provider, String text) {
    BaseUrl baseUrl = parse(text);
    int path = baseUrl.text().indexOf('/', baseUrl.text().indexOf("://") + 3);
    Matcher endpoint =
        (provider == Provider.ANTHROPIC ? ANTHROPIC_ENDPOINT : OPENAI_ENDPOINT)
            .matcher(path < 0 ? "" : baseUrl.text().substring(path));
    if (endpoint.find()) {
      throw new InvalidValueException(
          "base_url_endpoint",
          "Cut "
              + endpoint.group().toLowerCase(Locale.ROOT)
              + " off the end of the base URL: the agent adds the path of each call.");
    }
    return baseUrl;
  }

  /**
   * Checks a URL.
   *
   * @param text the URL; unseen characters at its ends and one slash at its end are taken off
   * @throws InvalidValueException {@code base_url_required} when the text shows nothing, {@code
   *     too_long} for more than 2048 characters, {@code base_url_malformed} for anything that is
   *     not a plain URL of the form above, {@code base_url_forbidden_host} for a host that is never
   *     allowed, not among the operator's allowed hosts or, with private hosts off, private, and
   *     {@code base_url_insecure} for {@code http} to a public host; the first of these that
   *     applies
   */
  public BaseUrl parse(String text) {
    String url = UnseenCharacters.strip(text);
    if (url.isEmpty()) {
      throw new InvalidValueException(
          "base_url_required",
          "The base URL is blank. Send the address of the service. Only anthropic may send null or"
              + " leave it out.");
    }
    if (url.length() > MAX_LENGTH) {
      throw new InvalidValueException(
          "too_long", "The base URL is longer than " + MAX_LENGTH + " characters.");
    }
    requirePlainCharacters(url);

    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw malformed("The base URL must start with https:// or http://.");
    }
    if ((parts.group("host") + parts.group("port")).contains("@")) {
      throw malformed(
          "The base URL must not hold a user name or password. The API key has a field of its"
              + " own.");
    }
    String scheme = parts.group("scheme").toLowerCase(Locale.ROOT);
    Host host = Host.parse(parts.group("host"));
    HostCategory category = category(host);
    if (category == HostCategory.PUBLIC && host.text().contains("_")) {
      throw malformed(
          "The host is not a valid name. Underscores are for names in private networks only.");
    }
    String port = port(parts.group("port"), scheme.equals("https") ? 443 : 80);
    UrlPath.requireWellFormed(parts.group("path"));
    requireNotRefused(category);
    if (!allowedHosts.entries().isEmpty() && !allowedHosts.contains(host)) {
      throw forbidden("The operator allows certain hosts only. Ask the operator which they are.");
    }
    requireAllowed(category, scheme);
    String withoutSlash = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    return new BaseUrl(withoutSlash, scheme + "://" + host.text() + port);
  }

  /**
   * Checks an address that the host of a base URL was resolved to, by the same rules as if it stood
   * in the URL. A name that the operator lists as private may lead to any address but those that
   * are never allowed. Whether the connection is then made to this very address is up to the
   * caller.
   *
   * @param baseUrl made by this policy
   * @throws InvalidValueException {@code base_url_forbidden_host} for an address that is never
   *     allowed or, with private hosts off, private, and {@code base_url_insecure} for {@code http}
   *     to a public address
   */
  public void requireAllowed(BaseUrl baseUrl, InetAddress address) {
    Host resolved = new Host(address.getHostAddress(), IpAddress.of(address));
    HostCategory category = category(resolved);
    requireNotRefused(category);
    requireAllowed(
        privateHosts.contains(baseUrl.host()) ? HostCategory.PRIVATE : category, baseUrl.scheme());
  }

  private HostCategory category(Host host) {
    HostCategory category = host.category();
    return category.refusal() == null && privateHosts.contains(host)
        ? HostCategory.PRIVATE
        : category;
  }

  private static void requireNotRefused(HostCategory category) {
    String refusal = category.refusal();
    if (refusal != null) {
      throw forbidden(refusal);
    }
  }

  private void requireAllowed(HostCategory category, String scheme) {
    if (category != HostCategory.PUBLIC && !allowPrivateHosts) {
      throw forbidden(
          "The operator allows public hosts only. Send the address of a public host, not of a local or"
              + " private one.");
    }
    if (category != HostCategory.PRIVATE && scheme.equals("http")) {
      throw new InvalidValueException(
          "base_url_insecure",
          allowPrivateHosts
              ? "Use https, or a private host: over http the API key could be read on the way."
              : "Use https: over http the API key could be read on the way.");
    }
  }

  private static void requirePlainCharacters(String url) {
    if (!url.chars().allMatch(c -> c <= 0x7f)) {
      throw malformed(
          "The base URL must be ASCII. Write an international host name in its xn-- form, and"
              + " percent-encode other characters of the path.");
    }
    if (!url.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw malformed("The base URL must not contain whitespace or control characters.");
    }
    if (url.contains("\\")) {
      throw malformed("The base URL must not contain a backslash. Use / instead.");
    }
    if (url.contains("?") || url.contains("#")) {
      throw malformed("The base URL must not have a query (?) or a fragment (#).");
    }
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

  private static InvalidValueException forbidden(String message) {
    return new InvalidValueException("base_url_forbidden_host", message);
  }
}
