package io.carol.llm.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A server's certificate, of an authority that was made for it.
 *
 * @param context has the server's key, and trusts the authority alone
 * @param authority the authority's own certificate, as PEM
 */
public record TestCertificate(SSLContext context, String authority) {
  private static final char[] PASSWORD = "changeit".toCharArray();

  /**
   * Makes both.
   *
   * @param names as keytool takes them in {@code -ext}
   * @param validity options of keytool that say when the certificate is valid
   */
  public static TestCertificate forServer(String names, String... validity) {
    try {
      Path file = TemporaryFolder.untilExit("carol-tls").resolve("server.p12");
      keytool(file, "authority", "-ext", "bc:c");
      List<String> signed = new ArrayList<>(List.of("-signer", "authority", "-ext", names));
      signed.addAll(List.of(validity));
      keytool(file, "server", signed.toArray(String[]::new));
      KeyStore keys = KeyStore.getInstance(file.toFile(), PASSWORD);
      Certificate authority = keys.getCertificate("authority");
      // Else the server may show the authority's own.
      keys.deleteEntry("authority");
      // A store with the key would have it trusted by itself, expired or not.
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, PASSWORD);
      trusted.setCertificateEntry("authority", authority);
      KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
      own.init(keys, PASSWORD);
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
      return new TestCertificate(
          context,
          "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
              .formatted(Base64.getMimeEncoder().encodeToString(authority.getEncoded())));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void keytool(Path file, String alias, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + alias,
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD)));
    command.addAll(List.of(options));
    Command.run(command.toArray(String[]::new)).output();
  }
}
