package io.carol.llm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.ServiceProcess;
import io.carol.llm.testing.TestService;
import io.helidon.config.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an attacker finds in a copy of the memory in use, once a key was handled in it. */
@Tag("faults")
final class HeapDumpIT {
  private static final String ENCRYPTION_KEY = Secrets.encryptionKey();

  /** An API key that is not in this process as it is, so that it can be looked for in there. */
  private static final class Masked {
    private static final int MASK = 0x5a;

    private final byte[] octets;

    Masked() {
      byte[] random = Base64.getDecoder().decode(Secrets.encryptionKey());
      octets = flipped(HexFormat.of().formatHex(random).getBytes(US_ASCII));
    }

    String text() {
      return new String(flipped(octets), US_ASCII);
    }

    private static byte[] flipped(byte[] octets) {
      byte[] flipped = octets.clone();
      for (int i = 0; i < flipped.length; i++) {
        flipped[i] ^= MASK;
      }
      return flipped;
    }
  }

  @TempDir Path folder;

  @Test
  void theServiceForgetsAKeyWithTheConnectionItCameOn() throws Exception {
    String key = new Masked().text();
    Map<String, String> configuration =
        TestService.configuration(
            TestService.migratedDatabase(), Map.of("carol.encryption.key", ENCRYPTION_KEY));
    try (ServiceProcess service = ServiceProcess.start(configuration)) {
      service.awaitReady();
      try (RawHttp connection = new RawHttp(new Socket("localhost", service.port()))) {
        assertEquals(201, connection.send(put(key)).read().status());
        assertNotEquals(0, occurrences(key, dump(service)), "the last request is in its buffer");
      }
      TestService.await("the key is gone", () -> occurrences(key, dump(service)) == 0);
      assertNotEquals(0, occurrences(ENCRYPTION_KEY, dump(service)), "the encryption key stays");
    }
  }

  private static String put(String key) {
    String body = "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"" + key + "\"}";
    return "PUT "
        + Api.PATH
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer "
        + TestService.identity().token("ada")
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private Path dump(ServiceProcess service) {
    try {
      Path dump = Files.createTempFile(folder, "service", ".hprof");
      service.jcmd("GC.heap_dump", "-overwrite", dump.toString());
      return dump;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theAgentLoopForgetsAKeyOnceNothingHoldsIt() throws Exception {
    Config config =
        TestService.config(
            TestService.migratedDatabase(), Map.of("carol.encryption.key", ENCRYPTION_KEY));
    try (LlmSettingsService credentials = TestService.agent(config)) {
      Masked key = new Masked();
      TestService.save(credentials, "ada", "m", key.text());
      ApiKey held = credentials.getDecryptedLlmKey("ada").orElseThrow();
      assertNotEquals(0, occurrences(key.text(), dumpOfThisProcess()), "in use");
      assertEquals(key.text(), held.reveal());
    }
    try (LlmSettingsService credentials = TestService.agent(config)) {
      Masked key = new Masked();
      TestService.save(credentials, "ada", "m", key.text());
      use(credentials);
      Path dump = dumpOfThisProcess();
      assertEquals(0, occurrences(key.text(), dump));
    }
  }

  private static void use(LlmSettingsService credentials) {
    assertEquals(64, credentials.getDecryptedLlmKey("ada").orElseThrow().reveal().length());
  }

  private Path dumpOfThisProcess() throws IOException {
    Path dump = folder.resolve("own-" + System.nanoTime() + ".hprof");
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpHeap(dump.toString(), true);
    return dump;
  }

  /** How often a secret is in a file: as text of any width or in base64. */
  private static int occurrences(String secret, Path dump) {
    String memory;
    try {
      memory = Files.readString(dump, ISO_8859_1);
      Files.delete(dump);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int count = 0;
    for (Charset charset : List.of(US_ASCII, UTF_16BE, UTF_16LE)) {
      count += occurrences(secret.getBytes(charset), memory);
    }
    for (int shift = 0; shift < 3; shift++) {
      byte[] shifted = Arrays.copyOfRange(secret.getBytes(US_ASCII), shift, secret.length());
      byte[] whole = Arrays.copyOf(shifted, shifted.length / 3 * 3);
      count += occurrences(Base64.getEncoder().encode(whole), memory);
    }
    return count;
  }

  private static int occurrences(byte[] pattern, String memory) {
    String text = new String(pattern, ISO_8859_1);
    int count = 0;
    for (int at = memory.indexOf(text); at >= 0; at = memory.indexOf(text, at + 1)) {
      count++;
    }
    return count;
  }
}
