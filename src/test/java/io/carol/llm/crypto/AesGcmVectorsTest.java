package io.carol.llm.crypto;

import static io.carol.llm.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.crypto.CryptoException.Reason;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Project Wycheproof's AES-GCM vectors of the sizes used here, where that file is at hand. */
@DisplayName("AES-256-GCM with a 96-bit iv and a 128-bit tag")
class AesGcmVectorsTest {

  private static final Path VECTORS = Path.of("../shared/testdata/wycheproof/aes_gcm_test.json");

  @TestFactory
  Stream<DynamicTest> agreesWithWycheproof() throws IOException {
    assumeTrue(
        Files.exists(VECTORS),
        () -> "skipped: the Wycheproof vectors are not at " + VECTORS.toAbsolutePath().normalize());
    List<JsonObject> tests = tests();
    assertEquals(66, tests.size());
    return tests.stream()
        .map(test ->
            DynamicTest.dynamicTest(
                "%d %s %s"
                    .formatted(
                        test.getInt("tcId"), test.getString("result"), test.getString("comment")),
                () -> check(test)));
  }

  private static void check(JsonObject test) {
    EncryptionKey key = EncryptionKey.parse("Wycheproof", test.getString("key"));
    byte[] iv = bytes(test, "iv");
    byte[] plaintext = bytes(test, "msg");
    byte[] associatedData = bytes(test, "aad");
    byte[] payload =
        HexFormat.of()
            .parseHex(test.getString("iv") + test.getString("tag") + test.getString("ct"));
    switch (test.getString("result")) {
      case "valid" -> {
        assertArrayEquals(payload, key.encrypt(iv, plaintext, associatedData));
        assertArrayEquals(plaintext, key.decrypt(payload, associatedData));
      }
      case "invalid" -> assertFails(Reason.BROKEN, () -> key.decrypt(payload, associatedData));
      default -> fail("neither valid nor invalid");
    }
  }

  private static byte[] bytes(JsonObject test, String member) {
    return HexFormat.of().parseHex(test.getString(member));
  }

  private static List<JsonObject> tests() throws IOException {
    try (JsonReader reader = Json.createReader(Files.newInputStream(VECTORS))) {
      return reader.readObject().getJsonArray("testGroups").getValuesAs(JsonObject.class).stream()
          .filter(group ->
              group.getInt("keySize") == 256
                  && group.getInt("ivSize") == 96
                  && group.getInt("tagSize") == 128)
          .flatMap(group -> group.getJsonArray("tests").getValuesAs(JsonObject.class).stream())
          .toList();
    }
  }
}
