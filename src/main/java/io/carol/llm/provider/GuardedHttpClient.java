package io.carol.llm.provider;

import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.HttpsSupport;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.HttpClientResponseHandler;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;

/**
 * An HTTP client that connects only to where the base URL policy lets a key go.
 *
 * <p>The policy judges a URL by its spelling. What its name leads to is known when the connection
 * is made, and may be another address than a moment before (DNS rebinding). So each request makes a
 * connection of its own, to an address that {@link GuardedDnsResolver} resolved and judged for it.
 *
 * <p>TLS certificates must be valid for the name in the URL. A redirect is a response like any
 * other. There are no proxies, retries, cookies and compressed responses. HTTP/1.1 only.
 * Thread-safe; one for the whole process is enough.
 */
public final class GuardedHttpClient implements AutoCloseable {
  private static final Timeout CONNECTION_TIMEOUT = Timeout.ofSeconds(10);
  private static final int MAX_CONNECTIONS = 1_000;

  private record Client(CloseableHttpClient http, PoolingHttpClientConnectionManager connections) {}

  private final Client http;
  private final Client https;

  /**
   * Makes a client. It holds at most 1,000 connections over {@code http} and as many over {@code
   * https}; further requests wait for one.
   *
   * @param silence how long a server may take until its response begins, and between two parts of
   *     it. To connect takes at most 10 s for each address, and in a TLS handshake the server may
   *     be silent for as long
   * @param tls which certificates are trusted, such as {@link SSLContext#getDefault()}
   */
  public GuardedHttpClient(BaseUrlPolicy policy, Duration silence, SSLContext tls) {
    http = client(new GuardedDnsResolver(policy, "http"), silence, tls);
    https = client(new GuardedDnsResolver(policy, "https"), silence, tls);
  }

  private static Client client(GuardedDnsResolver resolver, Duration silence, SSLContext tls) {
    PoolingHttpClientConnectionManager connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDnsResolver(resolver)
            // The JDK's own verification refuses names with an underscore.
            .setTlsSocketStrategy(
                new DefaultClientTlsStrategy(
                    tls,
                    HostnameVerificationPolicy.CLIENT,
                    HttpsSupport.getDefaultHostnameVerifier()))
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(CONNECTION_TIMEOUT)
                    .setSocketTimeout(Timeout.of(silence))
                    .build())
            .setMaxConnTotal(MAX_CONNECTIONS)
            .setMaxConnPerRoute(MAX_CONNECTIONS)
            .build();
    return new Client(HttpClients.createMinimal(connections), connections);
  }

  /**
   * Sends a request and hands the response to the handler as soon as its headers are there, so that
   * the handler can read the body as it arrives. When the handler returns, the connection is closed
   * and the rest of the body is not read. {@code request.cancel()} on another thread ends the call
   * with an {@link IOException}, except while the name is being resolved.
   *
   * @throws io.carol.llm.settings.InvalidValueException when the policy does not allow the URL's
   *     host as it is spelled
   * @throws AddressNotAllowedException when the host leads to no address that the policy allows
   * @throws IllegalArgumentException when the URL is neither {@code http} nor {@code https}
   * @throws java.net.UnknownHostException when the host has no address
   * @throws java.net.ConnectException when none of the allowed addresses can be connected to
   * @throws java.net.SocketTimeoutException when the server takes too long to connect or respond
   * @throws javax.net.ssl.SSLException when there is no TLS connection, or not with that name
   * @throws IOException when anything else goes wrong on the way
   */
  public <T> T execute(HttpUriRequestBase request, HttpClientResponseHandler<T> handler)
      throws IOException {
    Client client =
        switch (String.valueOf(request.getScheme()).toLowerCase(Locale.ROOT)) {
          case "http" -> http;
          case "https" -> https;
          default -> throw new IllegalArgumentException("The URL must be http or https");
        };
    try {
      // The server may close a kept connection at any time, and no request is sent twice.
      request.setHeader("Connection", "close");
      return handler.handleResponse(open(client.http, request));
    } catch (HttpException e) {
      throw new IOException("The response is not what HTTP allows", e);
    } catch (IllegalStateException e) {
      // What the client throws when a request is cancelled while it takes its connection.
      if (request.isCancelled()) {
        throw new IOException("The request was cancelled", e);
      }
      throw e;
    } finally {
      // To close the response would read the rest of its body, which may never end.
      request.cancel();
      // The pool keeps each host and port that a user makes up, until it is asked to look for those
      // without a connection.
      client.connections.closeExpired();
    }
  }

  /** How many hosts and ports the pools keep. */
  int routes() {
    return http.connections.getRoutes().size() + https.connections.getRoutes().size();
  }

  private static ClassicHttpResponse open(CloseableHttpClient client, HttpUriRequestBase request)
      throws HttpException, IOException {
    try {
      return client.executeOpen(RoutingSupport.determineHost(request), request, null);
    } catch (IllegalArgumentException e) {
      // What the client makes of the status 000, and of a negative HTTP version.
      throw new IOException("The response is not what HTTP allows", e);
    }
  }

  /** Ends all requests and closes all connections. */
  @Override
  public void close() {
    http.http.close(CloseMode.IMMEDIATE);
    https.http.close(CloseMode.IMMEDIATE);
  }
}
