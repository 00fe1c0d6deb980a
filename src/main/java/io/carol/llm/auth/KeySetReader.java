package io.carol.llm.auth;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetRetrievalException;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.JSONObjectUtils;
import io.carol.llm.config.AuthConfig;
import io.carol.llm.config.ConfigurationException;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the identity provider's key set (RFC 7517 §5), anew at every call: from where {@code
 * CAROL_AUTH_JWKS} points, or else from the {@code jwks_uri} of the issuer's discovery document
 * (OpenID Connect Discovery 1.0 §4), whose {@code issuer} must be {@code CAROL_AUTH_ISSUER} to the
 * letter. Thread-safe.
 *
 * <p>Connecting may take 2 seconds, so may each wait for more bytes, and a whole document may take
 * 5. A document of 256 KiB or more is refused. A redirect is followed only when the scheme stays
 * the same.
 *
 * <p>The log has a line for the first success, for each new kind of failure, and for the success
 * that ends it.
 */
final class KeySetReader implements JWKSetSource<SecurityContext> {
  private static final Logger LOGGER = LoggerFactory.getLogger(KeySetReader.class);
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int MAX_SECONDS = 5;
  private static final int MAX_BYTES = 256 * 1024;
  // RFC 7518 §3.3 and §3.5.
  private static final int MIN_RSA_BITS = 2048;
  // Two letters at least, so that a Windows drive is a path.
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:");
  private static final Pattern HTTP_URL =
      Pattern.compile("https?://[^/?#@.][^/?#@]*(?=[/?#]|$)", Pattern.CASE_INSENSITIVE);

  private final String issuer;
  private final boolean discovered;
  private final URL location;
  private final DefaultResourceRetriever retriever;
  // Virtual threads, because an interrupt closes the socket that one reads from. For all readings:
  // to close it after one would wait for a lookup of a name, which no interrupt ends.
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile @Nullable JWKSet lastKeySet;
  private volatile long lastRead;
  private volatile String lastFailure = "";

  /** Reads the certificates of {@link AuthConfig#caFile()}, and throws as {@link TokenVerifier}. */
  KeySetReader(AuthConfig config) {
    issuer = config.issuer();
    discovered = config.keySet().isEmpty();
    location = location(config);
    SSLSocketFactory tls = config.caFile().map(KeySetReader::trusting).orElse(null);
    retriever = new DefaultResourceRetriever(TIMEOUT_MILLIS, TIMEOUT_MILLIS, MAX_BYTES, true, tls);
  }

  private static URL location(AuthConfig config) {
    String discovery = config.issuer().replaceFirst("/$", "") + "/.well-known/openid-configuration";
    String text = config.keySet().orElse(discovery);
    try {
      boolean isFile = config.keySet().isPresent() && !SCHEME.matcher(text).lookingAt();
      return isFile ? Path.of(text).toUri().toURL() : httpUrl(text);
    } catch (URISyntaxException | MalformedURLException | InvalidPathException e) {
      // Not chained: its message quotes the value, which may hold a password.
      throw new ConfigurationException(
          config.keySet().isPresent()
              ? "CAROL_AUTH_JWKS must be a file or an http(s) address without user name and password"
              : "CAROL_AUTH_ISSUER must be an https:// or http:// address without spaces, user name"
                  + " and password; for any other issuer, CAROL_AUTH_JWKS must say where the key set"
                  + " is");
    }
  }

  private static URL httpUrl(String text) throws URISyntaxException, MalformedURLException {
    // Not getHost() and getUserInfo(), which are null for a host with an underscore.
    if (!HTTP_URL.matcher(text).lookingAt()) {
      throw new URISyntaxException(text, "not an http(s) address");
    }
    return new URI(text).toURL();
  }

  /** For TLS servers whose certificate leads to one in this file or to one the JDK trusts. */
  private static SSLSocketFactory trusting(String file) {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      File jdk = Path.of(System.getProperty("java.home"), "lib", "security", "cacerts").toFile();
      KeyStore authorities = KeyStore.getInstance(jdk, (char[]) null);
      var own = CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (own.isEmpty()) {
        throw new CertificateException("There is no certificate in it");
      }
      for (Certificate authority : own) {
        authorities.setCertificateEntry("carol-" + authorities.size(), authority);
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(authorities);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (IOException | InvalidPathException | GeneralSecurityException e) {
      throw new ConfigurationException(
          "CAROL_AUTH_CA_FILE must name a readable file of PEM certificates (" + e + ")");
    }
  }

  /** Null until the key set was read once. */
  @Nullable JWKSet lastKeySet() {
    return lastKeySet;
  }

  double ageSeconds() {
    return lastKeySet == null ? Double.NaN : (System.nanoTime() - lastRead) / 1e9;
  }

  @Override
  public JWKSet getJWKSet(
      JWKSetCacheRefreshEvaluator evaluator, long currentTime, @Nullable SecurityContext context)
      throws JWKSetRetrievalException {
    try {
      JWKSet keys = keys(document(discovered ? discover() : location));
      if (lastKeySet == null || !lastFailure.isEmpty()) {
        LOGGER.info(
            "Read the key set of the identity provider at {}; number of keys: {}",
            location,
            keys.size());
      }
      lastFailure = "";
      lastRead = System.nanoTime();
      lastKeySet = keys;
      return keys;
    } catch (IOException | ParseException e) {
      String failure = e.toString();
      if (!failure.equals(lastFailure)) {
        LOGGER.warn(
            "The identity provider's keys cannot be read from {}: {}. Until they are read for the"
                + " first time, requests are answered 503; later the last known keys stay in use."
                + " Check CAROL_AUTH_ISSUER, CAROL_AUTH_JWKS and the network, and set"
                + " CAROL_AUTH_CA_FILE when a private authority signed the provider's certificate.",
            location,
            failure);
      }
      lastFailure = failure;
      throw new JWKSetRetrievalException("The key set cannot be read", e);
    } catch (InterruptedException e) {
      // The service stops.
      Thread.currentThread().interrupt();
      throw new JWKSetRetrievalException("The reading of the key set was interrupted", e);
    }
  }

  private URL discover() throws IOException, ParseException, InterruptedException {
    Map<String, Object> document = document(location);
    String theirs = JSONObjectUtils.getString(document, "issuer");
    if (!issuer.equals(theirs)) {
      throw new IOException(
          "CAROL_AUTH_ISSUER is "
              + issuer
              + ", but the discovery document names the issuer "
              + theirs);
    }
    try {
      return httpUrl(String.valueOf(JSONObjectUtils.getString(document, "jwks_uri")));
    } catch (URISyntaxException e) {
      throw new IOException("jwks_uri in the discovery document is not an http(s) address", e);
    }
  }

  private Map<String, Object> document(URL url)
      throws IOException, ParseException, InterruptedException {
    Map<String, Object> document = JSONObjectUtils.parse(content(url));
    if (document == null) {
      throw new ParseException("Not a JSON object", 0);
    }
    return document;
  }

  /** The retriever limits each wait for more bytes, and not how many waits there are. */
  private String content(URL url) throws IOException, InterruptedException {
    try {
      return threads.invokeAny(
          List.of(() -> retriever.retrieveResource(url).getContent()),
          MAX_SECONDS,
          TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IOException("not sent whole within " + MAX_SECONDS + " s", e);
    } catch (ExecutionException e) {
      // The JDK's name for it reads as if a file of this machine were missing.
      if (e.getCause() instanceof FileNotFoundException && !url.getProtocol().equals("file")) {
        throw new IOException(
            "The provider answered 404 or 410 for "
                + url
                + ": check the realm and the path (upper and lower case differ; Keycloak's issuers end"
                + " in /realms/NAME, some in /auth/realms/NAME)",
            e);
      }
      throw e.getCause() instanceof IOException failure ? failure : new IOException(e);
    }
  }

  /**
   * Keys that cannot be read, such as one on an unknown curve, are passed over (RFC 7517 §5).
   * Nimbus would refuse the whole set for one.
   */
  private static JWKSet keys(Map<String, Object> document) throws ParseException {
    Map<String, Object>[] members = JSONObjectUtils.getJSONObjectArray(document, "keys");
    if (members == null) {
      throw new ParseException("No member \"keys\"", 0);
    }
    List<JWK> keys = new ArrayList<>();
    for (Map<String, Object> member : members) {
      try {
        JWK key = JWK.parse(member);
        if (isForSignatures(key)) {
          keys.add(key);
        }
      } catch (ParseException | RuntimeException e) {
        LOGGER.debug("Passed over a key of the identity provider", e);
      }
    }
    return new JWKSet(keys);
  }

  private static boolean isForSignatures(JWK key) {
    boolean isShort =
        key instanceof RSAKey rsa
            && rsa.getModulus().decodeToBigInteger().bitLength() < MIN_RSA_BITS;
    // Nimbus would let the key of another curve, such as one for encryption, suit an Ed25519 token.
    boolean isOfOtherCurve =
        key instanceof OctetKeyPair pair && !Curve.Ed25519.equals(pair.getCurve());
    return !isShort
        && !isOfOtherCurve
        && (key.getKeyOperations() == null || key.getKeyOperations().contains(KeyOperation.VERIFY));
  }

  @Override
  public void close() {}
}
