package io.carol.llm.bench;

import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Postgres;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What {@code getDecryptedLlmKey} costs beside what cannot be saved: one prepared select on a
 * connection at hand, and one decryption by the JDK. One thread, in turns.
 */
final class DecryptionCost {
  private static final String USER = "1";
  private static final int TURNS = 20;
  private static final int CALLS = 200;
  // Of the runtime's compilers, in calls.
  private static final int WARM_UP = 30_000;

  private static boolean warm;

  private DecryptionCost() {}

  static void measure(
      LlmSettingsService credentials, Postgres postgres, String encryptionKey, Figures figures)
      throws Exception {
    var key = new SecretKeySpec(Base64.getDecoder().decode(encryptionKey), "AES");
    var ours = new Figures();
    try (Connection connection = postgres.dataSource("postgres").getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT provider, model, base_url, api_key_ciphertext"
                    + " FROM user_llm_credentials WHERE user_id = ?")) {
      for (int call = 0; call < WARM_UP && !warm; call++) {
        credentials.getDecryptedLlmKey(USER);
        bare(select, key);
      }
      warm = true;
      for (int turn = 0; turn < TURNS; turn++) {
        long started = System.nanoTime();
        for (int call = 0; call < CALLS; call++) {
          if (credentials.getDecryptedLlmKey(USER).isEmpty()) {
            throw new IllegalStateException("There is no key.");
          }
        }
        long between = System.nanoTime();
        for (int call = 0; call < CALLS; call++) {
          bare(select, key);
        }
        long ended = System.nanoTime();
        ours.add("service", (between - started) / 1e3 / CALLS);
        ours.add("bare", (ended - between) / 1e3 / CALLS);
      }
    }
    figures.add("getDecryptedLlmKey µs", ours.median("service"));
    figures.add("bare JDBC and JCE µs", ours.median("bare"));
  }

  private static String bare(PreparedStatement select, SecretKeySpec key) throws Exception {
    select.setString(1, USER);
    try (ResultSet row = select.executeQuery()) {
      row.next();
      String provider = row.getString(1);
      String baseUrl = row.getString(3);
      String sealed = row.getString(4);
      byte[] payload = Base64.getUrlDecoder().decode(sealed.substring(12));
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, payload, 0, 12));
      cipher.updateAAD(
          associatedData("v1", sealed.substring(3, 11), USER, provider, origin(baseUrl)));
      cipher.update(payload, 28, payload.length - 28);
      byte[] tag = Arrays.copyOfRange(payload, 12, 28);
      return new String(cipher.doFinal(tag), StandardCharsets.US_ASCII);
    }
  }

  private static String origin(String baseUrl) {
    return baseUrl.substring(0, baseUrl.indexOf('/', "http://".length()));
  }

  private static byte[] associatedData(String... fields) {
    ByteBuffer data = ByteBuffer.allocate(256);
    for (String field : fields) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      data.putInt(bytes.length).put(bytes);
    }
    return Arrays.copyOf(data.array(), data.position());
  }
}
