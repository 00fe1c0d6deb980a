package io.carol.llm.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Ledger;
import io.carol.llm.testing.Rotation;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The encryption key's file is overwritten in place, part by part, while users save. */
final class HalfWrittenKeyTest {
  private static final String HEX =
      HexFormat.of().formatHex(Base64.getDecoder().decode(Rotation.NEW));

  private final String database = TestService.migratedDatabase();

  @Test
  void nothingIsSealedWithHalfAKeyAndSavesGoOnOnceItIsWhole(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("key");
    Secrets.write(file, Rotation.OLD);
    Map<String, String> overrides =
        Map.of(
            "carol.encryption.key.file",
            file.toString(),
            "carol.encryption.keys.previous",
            Rotation.OLD);
    try (TestService service = TestService.start(database, overrides);
        Ledger ledger = new Ledger("half", 4, List.of(service.port()))) {
      ledger.awaitSaves();
      // At 43 digits it could be read as another key, in base64.
      for (int length : new int[] {0, 32, 43}) {
        Files.writeString(file, HEX.substring(0, length));
        ledger.awaitRefusals();
        assertEquals(
            sealedKeys("<> ''"), sealedKeys("= '" + Rotation.OLD_KID + "'"), length + " digits");
        Files.writeString(file, Rotation.OLD);
        ledger.awaitSaves();
      }
      Files.writeString(file, HEX);
      TestService.await("the new key seals", () -> sealedKeys("= '" + Rotation.NEW_KID + "'") > 0);
      ledger.awaitSaves();
      assertEquals(sealedKeys("<> ''"), sealedKeys("= '" + Rotation.NEW_KID + "'"));
      ledger.assertNothingIsLost(TestService.configuration(database, overrides));
      ledger.assertEveryRequestWasAnswered();
    }
  }

  private int sealedKeys(String condition) {
    return Integer.parseInt(
        TestService.postgres()
            .sqlValue(
                database,
                "SELECT count(*) FROM user_llm_credentials WHERE substr(api_key_ciphertext, 4, 8) "
                    + condition));
  }
}
