package io.carol.llm.provider;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Resolves a host to those of its addresses that the policy allows, at most eight. HttpClient asks
 * it for every host, an IP address in the URL included, and connects to nothing but the answer.
 *
 * <p>The other addresses are left out without an error: a server in a home network announces a
 * link-local and a public address beside its private one.
 *
 * @param scheme {@code http} or {@code https}: a resolver is not told
 */
record GuardedDnsResolver(BaseUrlPolicy policy, String scheme) implements DnsResolver {
  // Each may take the whole connection timeout.
  private static final int MAX_ADDRESSES = 8;

  /** Throws as {@link GuardedHttpClient#execute} when there is no allowed address. */
  @Override
  public InetAddress[] resolve(String name) throws UnknownHostException {
    // HttpClient has made Unicode of a name with xn--.
    String host = name.chars().allMatch(c -> c <= 0x7f) ? name : IDN.toASCII(name);
    boolean isBareIpv6 = host.contains(":") && !host.startsWith("[");
    BaseUrl baseUrl = policy.parse(scheme + "://" + (isBareIpv6 ? "[" + host + "]" : host));
    List<InetAddress> allowed = new ArrayList<>();
    AddressNotAllowedException refused = null;
    for (InetAddress address : InetAddress.getAllByName(host)) {
      try {
        policy.requireAllowed(baseUrl, address);
        allowed.add(address);
      } catch (InvalidValueException e) {
        refused = new AddressNotAllowedException(host, address, e);
      }
    }
    if (allowed.isEmpty() && refused != null) {
      throw refused;
    }
    return allowed.stream().limit(MAX_ADDRESSES).toArray(InetAddress[]::new);
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }
}
