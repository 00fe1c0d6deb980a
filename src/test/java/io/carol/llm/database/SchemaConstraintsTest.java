package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tables refuse what the code would not write, from every writer, and take all that it does.
 */
final class SchemaConstraintsTest {
  private static final String CHECK_VIOLATION = "23514";
  private static final String NOT_NULL_VIOLATION = "23502";
  private static final String SEALED = "v1.0123abcd." + "A".repeat(39);

  @AutoClose private static TestService service;

  @BeforeAll
  static void start() {
    service = TestService.start();
    service.sql("INSERT INTO users (id) VALUES ('u')");
  }

  /** A row of user_llm_credentials: a good one with some columns changed. */
  record Case(String constraint, Map<String, @Nullable String> row) {
    static Case of(String constraint, @Nullable String... changes) {
      Map<String, @Nullable String> row = new HashMap<>();
      row.put("user_id", "u");
      row.put("provider", "openai_compatible");
      row.put("model", "m");
      row.put("base_url", "https://llm.example/v1");
      row.put("base_url_origin", "https://llm.example");
      row.put("api_key_ciphertext", SEALED);
      for (int i = 0; i < changes.length; i += 2) {
        row.put(String.valueOf(changes[i]), changes[i + 1]);
      }
      return new Case("user_llm_credentials_" + constraint, row);
    }

    @Override
    public String toString() {
      return constraint;
    }
  }

  private static Stream<Case> refused() {
    return Stream.of(
        Case.of("provider_known", "provider", "openai", "base_url", null, "base_url_origin", null),
        Case.of(
            "provider_known", "provider", "Anthropic", "base_url", null, "base_url_origin", null),
        Case.of("model_length", "model", ""),
        Case.of("model_length", "model", "m".repeat(257)),
        Case.of("base_url_by_provider", "base_url", null, "base_url_origin", null),
        Case.of("base_url_form", "base_url", "ftp://llm.example/"),
        Case.of("base_url_form", "base_url", "llm.example/v1"),
        Case.of("base_url_form", "base_url", "https://llm.example/" + "v".repeat(2029)),
        Case.of("base_url_origin_present", "base_url_origin", null),
        Case.of("base_url_origin_present", "provider", "anthropic", "base_url", null),
        Case.of("api_key_sealed", "api_key_ciphertext", ""),
        Case.of("api_key_sealed", "api_key_ciphertext", "sk-in-the-clear"),
        Case.of("api_key_sealed", "api_key_ciphertext", "v2" + SEALED.substring(2)),
        Case.of("api_key_sealed", "api_key_ciphertext", "v1.0123ABCD." + "A".repeat(39)),
        Case.of("api_key_sealed", "api_key_ciphertext", "v1.0123abc." + "A".repeat(40)),
        Case.of("api_key_sealed", "api_key_ciphertext", "v1.0123abcd." + "A".repeat(38)),
        Case.of("api_key_sealed", "api_key_ciphertext", SEALED + "="),
        Case.of("api_key_sealed", "api_key_ciphertext", SEALED + "/"),
        Case.of("api_key_sealed", "api_key_ciphertext", SEALED + "\n"),
        Case.of("api_key_sealed", "api_key_ciphertext", "\n" + SEALED));
  }

  private static void insert(Case row) throws SQLException {
    String[] columns = row.row().keySet().toArray(String[]::new);
    String sql =
        "INSERT INTO user_llm_credentials (%s) VALUES (%s)"
            .formatted(
                String.join(", ", columns),
                Arrays.stream(columns).map(column -> "?").collect(Collectors.joining(", ")));
    try (Connection connection = service.dataSource().getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < columns.length; i++) {
        statement.setString(i + 1, row.row().get(columns[i]));
      }
      statement.executeUpdate();
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void aRowTheCodeWouldNotWriteIsRefused(Case bad) {
    SQLException refusal = assertThrows(SQLException.class, () -> insert(bad));
    assertEquals(CHECK_VIOLATION, refusal.getSQLState());
    assertTrue(
        String.valueOf(refusal.getMessage()).contains('"' + bad.constraint() + '"'),
        refusal::getMessage);
  }

  @Test
  void theRowTheCasesStartFromIsTakenAndAnthropicsWithAnAddressOrWithout() throws SQLException {
    for (Case row :
        List.of(
            Case.of("none"),
            Case.of("none", "provider", "anthropic"),
            Case.of("none", "provider", "anthropic", "base_url", null, "base_url_origin", null))) {
      insert(row);
      service.sql("DELETE FROM user_llm_credentials WHERE user_id = 'u'");
    }
  }

  @Test
  void everyCheckOfTheSchemaHasACase() {
    String checks =
        service.sqlValue(
            "SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint"
                + " WHERE contype = 'c' AND conrelid = 'user_llm_credentials'::regclass");
    assertEquals(
        refused().map(Case::constraint).distinct().sorted().collect(Collectors.joining(" ")),
        checks);
  }

  @ParameterizedTest
  @ValueSource(strings = {"user_id", "provider", "model"})
  void whatEveryRowHasMustBeThere(String column) {
    SQLException refusal =
        assertThrows(SQLException.class, () -> insert(Case.of("none", column, null)));
    assertEquals(NOT_NULL_VIOLATION, refusal.getSQLState());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 256})
  void aUserIdIsOf1To255Characters(int length) {
    AssertionError refusal =
        assertThrows(
            AssertionError.class,
            () -> service.sql("INSERT INTO users (id) VALUES (repeat('u', " + length + "))"));
    SQLException cause = (SQLException) refusal.getCause();
    assertEquals(CHECK_VIOLATION, cause == null ? null : cause.getSQLState());
  }

  /** The limits of code and tables are the same, counted in code points. */
  @ParameterizedTest
  @CsvSource({"m, 256, 201", "m, 257, 422", "\uD83E\uDD99, 256, 201", "\uD83E\uDD99, 257, 422"})
  void theLongestModelNameIsTheSameForCodeAndTable(String character, int length, int status) {
    String model = character.repeat(length);
    Reply reply =
        service
            .as("model " + character + length)
            .put("{\"provider\":\"anthropic\",\"model\":\"" + model + "\"}");
    assertEquals(status, reply.status());
    if (status == 422) {
      Case row = Case.of("none", "model", model);
      assertEquals(
          CHECK_VIOLATION, assertThrows(SQLException.class, () -> insert(row)).getSQLState());
    }
  }

  @ParameterizedTest
  @CsvSource({"2048, 201", "2049, 422"})
  void theLongestBaseUrlIsTheSameForCodeAndTable(int length, int status) {
    String start = "https://llm.example/";
    String url = start + "v".repeat(length - start.length());
    Reply reply =
        service
            .as("url " + length)
            .put(
                "{\"provider\":\"openai_compatible\",\"model\":\"m\",\"baseUrl\":\"" + url + "\"}");
    assertEquals(status, reply.status());
    if (status == 422) {
      Case row = Case.of("none", "base_url", url);
      assertEquals(
          CHECK_VIOLATION, assertThrows(SQLException.class, () -> insert(row)).getSQLState());
    }
  }

  @ParameterizedTest
  @CsvSource({"u, 255, 201", "u, 256, 401", "\uD83E\uDD99, 255, 201", "\uD83E\uDD99, 256, 401"})
  void theLongestUserIdIsTheSameForCodeAndTable(String character, int length, int status) {
    Reply reply =
        service.as(character.repeat(length)).put("{\"provider\":\"anthropic\",\"model\":\"m\"}");
    assertEquals(status, reply.status());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8191, 8192})
  void anApiKeyOfAnyLengthFits(int length) {
    Reply reply =
        service
            .as("key " + length)
            .put(
                "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\""
                    + "k".repeat(length)
                    + "\"}");
    assertEquals(201, reply.status());
  }
}
