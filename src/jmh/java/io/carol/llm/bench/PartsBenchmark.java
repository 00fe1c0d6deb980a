package io.carol.llm.bench;

import io.carol.llm.config.AddressConfig;
import io.carol.llm.auth.TokenVerifier;
import io.carol.llm.config.AuthConfig;
import io.carol.llm.settings.baseurl.BaseUrl;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.crypto.EncryptionKey;
import io.carol.llm.crypto.KeyRing;
import io.carol.llm.testing.Identity;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TemporaryFolder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a request or the agent loop does without the network; {@code bare…} is the JDK alone. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PartsBenchmark {
  private static final byte[] API_KEY =
      "sk-benchmark-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
          .getBytes(StandardCharsets.US_ASCII);
  private static final String[] CONTEXT = {"user-1", "openai_compatible", "http://ollama:11434"};
  private static final SecureRandom RANDOM = new SecureRandom();

  private final BaseUrlPolicy policy =
      new BaseUrlPolicy(new AddressConfig(true, List.of(), List.of()));
  private KeyRing ring;
  private SecretKeySpec bareKey;
  private byte[] associatedData;
  private String sealed;
  private byte[] bareSealed;
  private Map<String, String> issuer;
  private TokenVerifier verifier;
  private List<String> tokens;
  private int next;

  @Setup
  public void setUp() throws Exception {
    String key = Secrets.encryptionKey();
    ring = KeyRing.of(EncryptionKey.parse("key", key), List.of());
    bareKey = new SecretKeySpec(Base64.getDecoder().decode(key), "AES");
    sealed = ring.seal(API_KEY, CONTEXT);
    associatedData = new byte[64];
    bareSealed = bareSeal();
    Path folder = TemporaryFolder.untilExit("carol-bench");
    Identity identity = Identity.in(folder);
    issuer = identity.configuration();
    tokens = IntStream.range(0, 1_000).mapToObj(n -> identity.token("user-" + n)).toList();
    verifier = verifier();
  }

  private TokenVerifier verifier() {
    return new TokenVerifier(
        new AuthConfig(
            issuer.get("carol.auth.issuer"),
            issuer.get("carol.auth.audience"),
            Optional.of(issuer.get("carol.auth.jwks")),
            Optional.empty(),
            "carol_session"));
  }

  @Benchmark
  public String seal() {
    return ring.seal(API_KEY, CONTEXT);
  }

  @Benchmark
  public byte[] bareSeal() throws Exception {
    byte[] iv = new byte[12];
    RANDOM.nextBytes(iv);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, bareKey, new GCMParameterSpec(128, iv));
    cipher.updateAAD(associatedData);
    byte[] box = new byte[12 + API_KEY.length + 16];
    System.arraycopy(iv, 0, box, 0, 12);
    cipher.doFinal(API_KEY, 0, API_KEY.length, box, 12);
    return box;
  }

  @Benchmark
  public byte[] open() {
    return ring.open(sealed, CONTEXT);
  }

  @Benchmark
  public byte[] bareOpen() throws Exception {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(Cipher.DECRYPT_MODE, bareKey, new GCMParameterSpec(128, bareSealed, 0, 12));
    cipher.updateAAD(associatedData);
    return cipher.doFinal(bareSealed, 12, bareSealed.length - 12);
  }

  @Benchmark
  public BaseUrl baseUrl() {
    return policy.parse("http://ollama:11434/v1");
  }

  @Benchmark
  public String tokenSeenBefore() {
    return verifier.userId(tokens.getFirst());
  }

  /** One call in a thousand reads the key set as well. */
  @Benchmark
  public String newToken() {
    if (next == tokens.size()) {
      next = 0;
      verifier.close();
      verifier = verifier();
    }
    return verifier.userId(tokens.get(next++));
  }
}
