package io.carol.llm.auth;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JWK set (RFC 7517 §5) that {@code CAROL_AUTH_JWKS} points at, anew at every call.
 * Thread-safe.
 *
 * <p>A set of more than 256 KiB is refused. Over HTTP the whole exchange, from the name look-up to
 * the last byte, gets two seconds, so that neither a silent nor a dripping provider holds a
 * request. Redirects are followed to http and https only, and never from https to http.
 */
final class KeySetLocation implements JWKSetSource<SecurityContext> {
  private static final System.Logger LOGGER = System.getLogger(KeySetLocation.class.getName());
  private static final int MAX_BYTES = 256 * 1024;
  private static final long EXCHANGE_SECONDS = 2;
  // Two letters at least, so that a Windows drive is a path.
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:");

  private final Reading reading;

  @FunctionalInterface
  private interface Reading {
    byte[] bytes() throws IOException, InterruptedException;
  }

  private KeySetLocation(Reading reading) {
    this.reading = reading;
  }

  /**
   * Nothing is read yet.
   *
   * @param text a file path or an http(s) URL
   * @throws IllegalArgumentException for anything else, and for a URL with a user name or password
   */
  static KeySetLocation of(String text) {
    try {
      if (!SCHEME.matcher(text).lookingAt()) {
        return file(text);
      }
      URI uri = URI.create(text);
      if (uri.getUserInfo() == null) {
        return http(HttpRequest.newBuilder(uri).build());
      }
    } catch (IllegalArgumentException e) {
      // Not chained: its message quotes the value, which may hold a password.
    }
    throw new IllegalArgumentException(
        "CAROL_AUTH_JWKS must be the path of a file or an http(s) URL without user name and"
            + " password.");
  }

  private static KeySetLocation file(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException();
    }
    Path path = Path.of(text);
    return new KeySetLocation(() -> {
      try (InputStream in = Files.newInputStream(path)) {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw new IOException("more than " + MAX_BYTES + " bytes");
        }
        return bytes;
      }
    });
  }

  private static KeySetLocation http(HttpRequest request) {
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    return new KeySetLocation(() -> {
      // HttpRequest.timeout() ends with the response's header and would let the body drip.
      CompletableFuture<HttpResponse<byte[]>> exchange =
          client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BYTES));
      try {
        HttpResponse<byte[]> response = exchange.get(EXCHANGE_SECONDS, TimeUnit.SECONDS);
        if (response.statusCode() != 200) {
          throw new IOException("HTTP status " + response.statusCode());
        }
        return response.body();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
      } catch (TimeoutException e) {
        throw new HttpTimeoutException("no whole answer in " + EXCHANGE_SECONDS + " seconds");
      } finally {
        exchange.cancel(true);
      }
    });
  }

  @Override
  public JWKSet getJWKSet(
      JWKSetCacheRefreshEvaluator evaluator, long currentTime, @Nullable SecurityContext context)
      throws JWKSetUnavailableException {
    try {
      return parse(new String(reading.bytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw unavailable(e.toString());
    } catch (ParseException e) {
      throw unavailable("it is not a JWK set");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unavailable("interrupted");
    }
  }

  private static JWKSetUnavailableException unavailable(String why) {
    LOGGER.log(Level.WARNING, "The key set at CAROL_AUTH_JWKS cannot be read: {0}", why);
    return new JWKSetUnavailableException(why);
  }

  /** Keys of kinds not known here are passed over (RFC 7517 §5), where Nimbus refuses the set. */
  private static JWKSet parse(String text) throws ParseException {
    Map<String, Object> document = JSONObjectUtils.parse(text);
    Map<String, Object>[] members =
        document == null ? null : JSONObjectUtils.getJSONObjectArray(document, "keys");
    if (members == null) {
      throw new ParseException("no keys member", 0);
    }
    List<JWK> keys = new ArrayList<>();
    for (Map<String, Object> member : members) {
      try {
        keys.add(JWK.parse(member));
      } catch (ParseException e) {
        LOGGER.log(Level.DEBUG, "A key of an unknown kind is passed over.");
      }
    }
    return new JWKSet(keys);
  }

  @Override
  public void close() {}
}
