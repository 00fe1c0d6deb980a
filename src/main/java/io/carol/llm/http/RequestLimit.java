package io.carol.llm.http;

import io.carol.llm.api.RateLimit;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Answers a client that sends too many requests with {@link
 * io.carol.llm.http.ProblemType#RATE_LIMITED}, before anybody looks at what it sends. An IPv4
 * address is a client, and so is the /64 of an IPv6 address, which is what one household has.
 * Thread-safe.
 */
public final class RequestLimit implements Filter {
  private static final int SITE_BYTES = 8;

  private final RateLimit limit;
  private final Clients clients;

  /**
   * @param perMinute of each client; 0 for no limit
   */
  public RequestLimit(int perMinute, Clients clients) {
    this.limit = new RateLimit(perMinute);
    this.clients = clients;
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    clients
        .address(request)
        .flatMap(address -> limit.take(name(address)))
        .ifPresentOrElse(
            problem -> Problems.send(request, response, problem), () -> chain.proceed());
  }

  private static String name(InetAddress address) {
    byte[] bytes = address.getAddress();
    return HexFormat.of()
        .formatHex(address instanceof Inet6Address ? Arrays.copyOf(bytes, SITE_BYTES) : bytes);
  }
}
