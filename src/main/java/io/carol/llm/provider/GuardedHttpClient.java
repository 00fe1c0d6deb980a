package io.carol.llm.provider;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A JDK {@link HttpClient} that connects only to where the base URL policy lets a key go.
 *
 * <p>The policy judges a URL by its spelling. What its name leads to is known when the connection
 * is made, and may be another address than a moment before (DNS rebinding). So for each request the
 * name is resolved once, every address is judged, and the connection is made to one of the first
 * eight that were allowed: no name is looked up between the verdict and the connection. A
 * connection that is kept for the next request to the same host was made in this way.
 *
 * <p>TLS is between the client and the host, as ever: the certificate must be valid for the name in
 * the URL. A redirect is an answer like any other and never followed. Proxies of the environment
 * are not used. Over {@code http} each request takes a connection of its own.
 *
 * <p>Thread-safe. One for the whole process is enough.
 */
public final class GuardedHttpClient implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  // Each may take the whole timeout.
  private static final int MOST_TRIED = 8;

  private final BaseUrlPolicy policy;
  private final PinningProxy proxy;
  private final HttpClient client;

  private GuardedHttpClient(BaseUrlPolicy policy, PinningProxy proxy, HttpClient client) {
    this.policy = policy;
    this.proxy = proxy;
    this.client = client;
  }

  /**
   * Makes a client.
   *
   * @param settings what else the client is to be like. Its proxy and its redirects are replaced.
   *     Its connect timeout is for each address of a host; without one it is 10 seconds
   * @throws IOException when no socket can be opened
   */
  public static GuardedHttpClient open(BaseUrlPolicy policy, HttpClient.Builder settings)
      throws IOException {
    PinningProxy proxy = new PinningProxy();
    HttpClient client =
        settings
            .proxy(ProxySelector.of(proxy.address()))
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    return new GuardedHttpClient(policy, proxy, client);
  }

  /**
   * Sends a request and waits for the answer, as {@link HttpClient#send} does. The body may be a
   * stream that is read afterwards. To wait for several at once, call it on virtual threads.
   *
   * @throws InvalidValueException when the policy does not allow the URL as it is spelled
   * @throws AddressNotAllowedException when the host leads to no address that the policy allows
   * @throws UnknownHostException when the host has no address
   * @throws ConnectException when none of the allowed addresses can be connected to
   * @throws IOException when anything else goes wrong on the way
   * @throws InterruptedException when the waiting is interrupted; the request is given up then
   */
  public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> bodyHandler)
      throws IOException, InterruptedException {
    List<InetSocketAddress> allowed = allowedAddresses(request.uri());
    Duration timeout = client.connectTimeout().orElse(CONNECT_TIMEOUT);
    try (PinningProxy.Pin pin = proxy.pin(allowed, timeout)) {
      HttpRequest pinned =
          HttpRequest.newBuilder(request, (name, value) -> true)
              .setHeader(PinningProxy.TICKET_HEADER, pin.ticket())
              .build();
      try {
        return client.send(pinned, bodyHandler);
      } catch (IOException e) {
        String failure = pin.failure();
        throw failure == null
            ? e
            : new ConnectException(request.uri().getHost() + " does not answer. " + failure);
      }
    }
  }

  private List<InetSocketAddress> allowedAddresses(URI uri) throws UnknownHostException {
    String scheme = uri.getScheme();
    BaseUrl origin = policy.parse(scheme + "://" + uri.getRawAuthority());
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equalsIgnoreCase("https") ? 443 : 80;
    List<InetSocketAddress> allowed = new ArrayList<>();
    AddressNotAllowedException refusal = null;
    // A host at home may have a link-local or public address besides: that one is not used.
    for (InetAddress address : InetAddress.getAllByName(uri.getHost())) {
      try {
        policy.requireAllowed(origin, address);
        allowed.add(new InetSocketAddress(address, port));
      } catch (InvalidValueException e) {
        refusal = new AddressNotAllowedException(uri.getHost(), address, e);
      }
    }
    if (allowed.isEmpty() && refusal != null) {
      throw refusal;
    }
    return allowed.subList(0, Math.min(allowed.size(), MOST_TRIED));
  }

  /** Ends all requests and closes all connections. */
  @Override
  public void close() {
    client.shutdownNow();
    proxy.close();
  }
}
